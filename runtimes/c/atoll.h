/* SPDX-License-Identifier: MIT */
/*
 * What a C component includes: <atoll.h>.
 *
 * A component is an ordinary program with main(argc, argv). stdio, malloc and
 * the rest of the C library are there; exit, atexit, getenv and setenv are the
 * component's own and not the image's.
 */
#ifndef ATOLL_H
#define ATOLL_H

#include "container/component.h"
#include "ipc/call.h"
#include "ipc/channel.h"
#include "ipc/set.h"
#include "ipc/task.h"

#endif
