/* SPDX-License-Identifier: MIT */
/*
 * Repeats lines until one says "bye" or input ends.
 */
#include <stdio.h>
#include <string.h>

int main(void)
{
	char line[256];

	printf("type: ");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("heard %s", line);
		if (!strcmp(line, "bye\n"))
			return 0;
	}
	printf("end of input\n");
	return 0;
}
