/* SPDX-License-Identifier: MIT */
/*
 * Says what it was given; ends with the status that --status= asks for.
 */
#include <atoll.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_goodbye(void)
{
	printf("%s: goodbye\n", component_name());
}

int main(int argc, char **argv)
{
	int status = 0;

	atexit(say_goodbye);
	for (int i = 0; i < argc; i++) {
		printf("greeter: argv[%d] = %s\n", i, argv[i]);
		if (!strncmp(argv[i], "--status=", 9))
			status = atoi(argv[i] + 9);
	}
	printf("greeter: COLOUR is %s\n", getenv("COLOUR"));
	setenv("COLOUR", "blue", 1);
	printf("greeter: COLOUR is now %s\n", getenv("COLOUR"));
	exit(status);
}
