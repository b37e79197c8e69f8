/* SPDX-License-Identifier: MIT */
/* What each task has of its own: a stack with a guard, and a way of rounding. */
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include "tests/unit/task_case.h"

static int rounds_up(void *arg)
{
	(void)arg;
	assert_int_equal(fegetround(), FE_TONEAREST);
	fesetround(FE_UPWARD);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(fegetround(), FE_UPWARD);
		task_yield();
	}
	return fegetround();
}

static void each_task_keeps_its_way_of_rounding(void **state)
{
	struct task *t = spawn(rounds_up, NULL);

	(void)state;
	task_yield();
	assert_int_equal(fegetround(), FE_TONEAREST);
	assert_int_equal(join(t), FE_UPWARD);
	assert_int_equal(fegetround(), FE_TONEAREST);
}

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *frame, void *count)
{
	(void)frame;
	return ++*(unsigned *)count < 100 ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static int unwinds(void *arg)
{
	unsigned frames = 0;

	(void)arg;
	assert_int_equal(_Unwind_Backtrace(count_frame, &frames), _URC_END_OF_STACK);
	return (int)frames;
}

static void a_backtrace_ends_where_the_task_begins(void **state)
{
	(void)state;
	assert_in_range(join(spawn(unwinds, NULL)), 2, 20);
}

static int overflows(void *arg)
{
	(void)arg;
	/* As a frame that is too deep would. */
	memset((char *)__builtin_frame_address(0) - TASK_STACK_MIN, 0, 512);
	task_yield();
	return 0;
}

static void who_overflows_its_stack_is_found_out(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		fclose(stderr);
		task_spawn(overflows, NULL, TASK_STACK_MIN);
		task_yield();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	/* A sanitizer takes the signal and exits. */
	if (WIFEXITED(status))
		assert_int_not_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static const struct CMUnitTest tests[] = {
	TEST(each_task_keeps_its_way_of_rounding),
	TEST(a_backtrace_ends_where_the_task_begins),
	TEST(who_overflows_its_stack_is_found_out),
};

int main(void)
{
	bell_init();
	test_component = 3;
	return cmocka_run_group_tests_name("stacks of tasks", tests, NULL, NULL);
}
