/* SPDX-License-Identifier: MIT */
/* What tasks and calls ask of the container: the bench is no component. */
#include "container/component_self.h"

unsigned component_index(void)
{
	return COMPONENT_NONE;
}
