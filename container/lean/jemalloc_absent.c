/* SPDX-License-Identifier: MIT */
/*
 * Parts of jemalloc 5.3.0 that an image goes without: statistics as text,
 * the heap profiler, the huge-page allocator and background threads.
 *
 * Each is off unless malloc_conf asks for it. What is called all the same
 * answers as jemalloc built without the part does; where an option asks for the
 * part, it is refused with a message. The rest cannot be reached, and ends the
 * process if it is.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container/lean/jemalloc.h"

/* Sizes: 11 is one letter an option of malloc_stats_print and a NUL; 4097 is PATH_MAX + 1. */
bool je_opt_stats_print;
char je_opt_stats_print_opts[11];
char je_opt_stats_interval_opts[11];
int64_t je_opt_stats_interval = -1;

bool je_opt_prof, je_opt_prof_accum, je_opt_prof_final, je_opt_prof_gdump, je_opt_prof_leak;
bool je_opt_prof_leak_error, je_opt_prof_log, je_opt_prof_stats, je_opt_prof_sys_thread_name;
bool je_opt_prof_active, je_opt_prof_thread_active_init, je_opt_prof_unbias;
bool je_prof_active_state, je_prof_gdump_val;
char je_opt_prof_prefix[4097];
size_t je_opt_lg_prof_sample;
ssize_t je_opt_lg_prof_interval = -1;
ssize_t je_opt_prof_recent_alloc_max;

bool je_opt_background_thread, je_background_thread_enabled_state;
size_t je_opt_max_background_threads, je_max_background_threads;
void *je_background_thread_info;

const void *const je_hpa_hooks_default[7];

static void refuse(bool *option, const char *message)
{
	if (*option && write(STDERR_FILENO, message, strlen(message)) < 0)
		abort();
	*option = false;
}

void je_stats_print(void (*print)(void *, const char *), void *to, const char *options)
{
	static const char text[] = "malloc_stats_print: an image has no statistics as text\n";
	bool asked = true;

	(void)options;
	if (print)
		print(to, text);
	else
		refuse(&asked, text);
}

bool je_stats_boot(void)
{
	je_opt_stats_interval = -1;
	return false;
}

void je_prof_boot1(void)
{
	je_opt_prof_leak = je_opt_prof_final = false;
	refuse(&je_opt_prof, "malloc_conf: prof: an image has no heap profiler\n");
}

bool je_background_thread_boot0(void)
{
	refuse(&je_opt_background_thread,
	       "malloc_conf: background_thread: an image has no such threads\n");
	return false;
}

/* What jemalloc calls always, and expects to succeed. */
static bool succeed(void)
{
	return false;
}

/* What nothing calls while the parts are off. */
static void absent(void)
{
	abort();
}

#define SUCCEED(name) bool name(void) __attribute__((alias("succeed")))
#define ABSENT(name) void name(void) __attribute__((alias("absent")))

SUCCEED(je_stats_prefork);
SUCCEED(je_stats_postfork_parent);
SUCCEED(je_stats_postfork_child);
SUCCEED(je_prof_boot2);
SUCCEED(je_prof_prefork0);
SUCCEED(je_prof_prefork1);
SUCCEED(je_prof_postfork_parent);
SUCCEED(je_prof_postfork_child);
SUCCEED(je_prof_tdata_cleanup);
SUCCEED(je_background_thread_boot1);
SUCCEED(je_background_thread_create);
SUCCEED(je_background_thread_ctl_init);
SUCCEED(je_background_thread_prefork0);
SUCCEED(je_background_thread_prefork1);
SUCCEED(je_background_thread_postfork_parent);
SUCCEED(je_background_thread_postfork_child);
SUCCEED(je_sec_flush);
SUCCEED(je_hpa_supported); /* false is its answer, too */

ABSENT(je_stats_interval_event_handler);
ABSENT(je_stats_interval_new_event_wait);
ABSENT(je_stats_interval_postponed_event_wait);
ABSENT(je_prof_alloc_rollback);
ABSENT(je_prof_free_sampled_object);
ABSENT(je_prof_gdump);
ABSENT(je_prof_malloc_sample_object);
ABSENT(je_prof_recent_alloc_reset);
ABSENT(je_edata_prof_recent_alloc_init);
ABSENT(je_prof_sample_event_handler);
ABSENT(je_prof_sample_new_event_wait);
ABSENT(je_prof_sample_postponed_event_wait);
ABSENT(je_prof_tctx_create);
ABSENT(je_prof_tdata_init);
ABSENT(je_prof_tdata_reinit);
ABSENT(je_background_thread_is_started);
ABSENT(je_background_thread_wakeup_early);
ABSENT(je_hpa_central_init);
ABSENT(je_hpa_shard_disable);
ABSENT(je_hpa_shard_do_deferred_work);
ABSENT(je_hpa_shard_init);
ABSENT(je_hpa_shard_postfork_child);
ABSENT(je_hpa_shard_postfork_parent);
ABSENT(je_hpa_shard_prefork3);
ABSENT(je_hpa_shard_prefork4);
ABSENT(je_hpa_shard_set_deferral_allowed);
ABSENT(je_hpa_shard_stats_merge);
ABSENT(je_sec_disable);
ABSENT(je_sec_init);
ABSENT(je_sec_mutex_stats_read);
ABSENT(je_sec_postfork_child);
ABSENT(je_sec_postfork_parent);
ABSENT(je_sec_prefork2);
ABSENT(je_sec_stats_merge);
