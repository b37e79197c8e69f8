/* SPDX-License-Identifier: MIT */
/*
 * Makes standard output a pipe that nobody reads, and ends with half a line in its buffer.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	int ends[2];

	/* By its number: dup2 leaves the standard streams where they are. */
	if (pipe(ends) || syscall(SYS_dup2, ends[1], STDOUT_FILENO) < 0 || close(ends[0]))
		return 1;
	printf("half a line");
	return 0;
}
