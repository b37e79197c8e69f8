# SPDX-License-Identifier: MIT
image-sources += ipc/bell.c ipc/channel.c ipc/channel_table.c ipc/endpoint.c ipc/endpoint_wait.c \
	ipc/ring.c
