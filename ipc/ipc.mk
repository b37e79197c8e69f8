# SPDX-License-Identifier: MIT
# What every message goes through. Backtraces have the unwind tables.
$(B)/obj/plain/ipc/channel.o $(B)/obj/plain/ipc/endpoint_beside.o: flags-plain += -fomit-frame-pointer

image-sources += ipc/bell.c ipc/bell_set.c \
	ipc/call.c ipc/call_gate.c ipc/call_serve.c \
	ipc/channel.c ipc/channel_batch.c ipc/channel_lock.c ipc/channel_stream.c ipc/channel_table.c \
	ipc/connection.c \
	ipc/endpoint.c ipc/endpoint_beside.c ipc/endpoint_life.c ipc/endpoint_wait.c \
	ipc/mailbox.c ipc/mailbox_serve.c ipc/mailbox_set.c \
	ipc/ring.c \
	ipc/service.c ipc/service_image.c ipc/service_script.c ipc/service_set.c ipc/service_table.c \
	ipc/set.c ipc/set_timer.c ipc/set_wait.c \
	ipc/task.c ipc/task_schedule.c ipc/task_stack.c ipc/task_switch.S
