/* SPDX-License-Identifier: MIT */
/*
 * What a C component includes: <atoll.h>.
 *
 * A component is an ordinary program with main(argc, argv). stdio, malloc and
 * the rest of the C library are there; exit, atexit, getenv and setenv are the
 * component's own and not the image's. <ipc/task.h>, <ipc/call.h> and
 * <ipc/mailbox.h> bring tasks and calls: not from here, as programs have names
 * such as `struct task` and `struct call` of their own.
 */
#ifndef ATOLL_H
#define ATOLL_H

#include "container/component.h"
#include "ipc/channel.h"
#include "ipc/channel_stream.h"
#include "ipc/service.h"
#include "ipc/set.h"

#endif
