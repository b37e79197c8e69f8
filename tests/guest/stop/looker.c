/* SPDX-License-Identifier: MIT */
/*
 * Asks for the end of its own image, if told to, and works until it is to stop.
 */
#include <atoll.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LONG 1000 /* seconds */

static void say_goodbye(void)
{
	printf("looker: goodbye\n");
}

int main(int argc, char **argv)
{
	struct timespec left = {.tv_sec = LONG};

	atexit(say_goodbye);
	printf("looker: ready\n");
	if (argc > 1)
		kill(getpid(), atoi(argv[1]));
	while (!component_stopping() && nanosleep(&left, &left) && errno == EINTR)
		;
	printf("looker: stops\n");
	return !component_stopping();
}
