/* SPDX-License-Identifier: MIT */
/* What run.c and side.c share. */
#ifndef TESTS_CONFORMANCE_SIDE_H
#define TESTS_CONFORMANCE_SIDE_H

#include "tests/conformance/conformance.h"

void side_pattern(struct side *s, size_t max);

#endif
