/* SPDX-License-Identifier: MIT */
/*
 * Makes a system call that the guest's kernel does not serve, twice.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 2; i++)
		if (syscall(SYS_swapon, NULL, 0) != -1 || errno != ENOSYS)
			return 1;
	printf("caller: there is no such call\n");
	return 0;
}
