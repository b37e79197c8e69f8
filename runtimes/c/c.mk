# SPDX-License-Identifier: MIT
image-sources += runtimes/c/runtime_c.c runtimes/c/runtime_c_environment.c \
	runtimes/c/runtime_c_process.c runtimes/c/runtime_c_refused.c \
	runtimes/c/runtime_c_signal.c runtimes/c/runtime_c_streams.c \
	runtimes/c/runtime_c_thread.c
