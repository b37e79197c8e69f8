/* SPDX-License-Identifier: MIT */
/* Waits until the image is asked to stop, by whoever runs it. */
#include <atoll.h>

#include <stdio.h>
#include <unistd.h>

#define ASKED_STATUS 7

int main(void)
{
	puts("waits to be asked");
	while (!component_stopping())
		usleep(20000);
	puts("asked to end");
	return ASKED_STATUS;
}
