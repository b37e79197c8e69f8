/* SPDX-License-Identifier: MIT */
/* Linux's own counters of each thread: proc(5). */
#include "meter.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TICK_NS 10000000 /* of utime and stime: sysconf(_SC_CLK_TCK) is 100 */

static void add_switches(const char *thread, struct meter *m)
{
	char path[300], line[128];
	uint64_t count;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &count) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, &count) == 1)
			m->wakes += count;
	if (file)
		fclose(file);
}

static void add_ticks(const char *thread, struct meter *m)
{
	uint64_t user, system;
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/stat", thread);
	file = fopen(path, "r");
	/* Names of components have no spaces. */
	if (file &&
	    fscanf(file, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64,
		   &user, &system) == 2)
		m->ns += (user + system) * TICK_NS;
	if (file)
		fclose(file);
}

bool meter_host(struct meter *m)
{
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *entry;

	if (!threads)
		return false;
	*m = (struct meter){0};
	while ((entry = readdir(threads))) {
		if (entry->d_name[0] == '.' || atol(entry->d_name) == syscall(SYS_gettid))
			continue;
		add_switches(entry->d_name, m);
		add_ticks(entry->d_name, m);
	}
	closedir(threads);
	return true;
}
