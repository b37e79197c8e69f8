/* SPDX-License-Identifier: MIT */
/*
 * Module `sys`: processes that run beside the tool, and the pipes to them.
 *
 * Calls that fail return nil and a message; one that would block returns nil
 * and "again". A child gets SIGKILL when the tool dies, so none outlives it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>

#include "container/tool/tool.h"

static int wake_pipe[2] = {-1, -1}; /* written by signal_note, read by poll's callers */
static volatile sig_atomic_t signal_pending;

/* Descriptor that field `name` of the table at 1 hands over, or else `standard`. */
static int spawn_fd(lua_State *L, const char *name, int standard)
{
	int fd;

	lua_getfield(L, 1, name);
	fd = (int)luaL_optinteger(L, -1, standard);
	lua_pop(L, 1);
	return fd;
}

static void child_reset_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGTTIN, SIGCHLD};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_DFL);
}

/* The child's side of spawn: never returns; errors go to the parent by a pipe. */
static _Noreturn void child_exec(char **argv, const int *std, int own_group, pid_t parent,
				 int report)
{
	int fds[3], error;

	child_reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1); /* the parent died before the line above */
	if (own_group)
		setpgid(0, 0);
	/* Above 2 first, so that none of the three overwrites another. */
	for (int i = 0; i < 3; i++)
		fds[i] = fcntl(std[i], F_DUPFD_CLOEXEC, 3);
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	execvp(argv[0], argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/*
 * spawn{command, argument..., stdin = fd, stdout = fd, stderr = fd, group = bool}:
 * pid. With group, the child has a process group of its own, so that a Ctrl-C
 * on the terminal reaches the tool alone.
 */
static int sys_spawn(lua_State *L)
{
	size_t count = lua_rawlen(L, 1);
	int std[3], report[2], own_group, error = 0;
	pid_t pid, parent = getpid();
	char **argv;

	luaL_checktype(L, 1, LUA_TTABLE);
	std[0] = spawn_fd(L, "stdin", STDIN_FILENO);
	std[1] = spawn_fd(L, "stdout", STDOUT_FILENO);
	std[2] = spawn_fd(L, "stderr", STDERR_FILENO);
	lua_getfield(L, 1, "group");
	own_group = lua_toboolean(L, -1);
	if (count == 0)
		return luaL_argerror(L, 1, "a command is expected");
	argv = argv_take(L, count);
	if (pipe2(report, O_CLOEXEC))
		return answer_errno(L);
	pid = fork();
	if (pid == 0)
		child_exec(argv, std, own_group, parent, report[1]);
	close(report[1]);
	if (pid > 0 && read(report[0], &error, sizeof(error)) == sizeof(error))
		waitpid(pid, NULL, 0);
	close(report[0]);
	if (pid < 0 || error) {
		errno = error ? error : EAGAIN;
		lua_pushnil(L);
		lua_pushfstring(L, "%s: %s", argv[0], strerror(errno));
		return 2;
	}
	lua_pushinteger(L, pid);
	return 1;
}

/*
 * wait(pid[, block]): exit status, or nil while it runs; when a signal ended
 * it, 128 + its number and true.
 */
static int sys_wait(lua_State *L)
{
	pid_t pid = (pid_t)luaL_checkinteger(L, 1);
	int options = lua_toboolean(L, 2) ? 0 : WNOHANG, status;
	pid_t got;

	do
		got = waitpid(pid, &status, options);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return answer_errno(L);
	if (got == 0)
		return 0;
	lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	lua_pushboolean(L, WIFSIGNALED(status));
	return 2;
}

/* kill(pid, "KILL" or "TERM") */
static int sys_kill(lua_State *L)
{
	static const char *const names[] = {"TERM", "KILL", NULL};
	static const int numbers[] = {SIGTERM, SIGKILL};
	pid_t pid = (pid_t)luaL_checkinteger(L, 1);
	int number = numbers[luaL_checkoption(L, 2, "TERM", names)];

	return kill(pid, number) ? answer_errno(L) : answer_true(L);
}

static void signal_note(int number)
{
	int error = errno;

	if (number != SIGCHLD)
		signal_pending = number;
	/* A full pipe is as good: it wakes its reader. */
	if (write(wake_pipe[1], "", 1) < 0)
		errno = error;
	errno = error;
}

/*
 * signals(): from now on interrupt, terminate and hang-up do not end the tool;
 * returns a descriptor that can be read when one came or a child ended.
 */
static int sys_signals(lua_State *L)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
	struct sigaction action = {.sa_handler = signal_note};

	if (wake_pipe[0] < 0) {
		if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK))
			return answer_errno(L);
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			sigaction(numbers[i], &action, NULL);
		signal(SIGPIPE, SIG_IGN);
		signal(SIGTTIN, SIG_IGN); /* in the background, a terminal reads as ended */
	}
	lua_pushinteger(L, wake_pipe[0]);
	return 1;
}

/* interrupt_ignore(): behind signals(); the terminal's Ctrl-C is for a child */
static int sys_interrupt_ignore(lua_State *L)
{
	(void)L;
	signal(SIGINT, SIG_IGN);
	return 0;
}

/* signalled(): the number of the signal that came, or nil; empties the descriptor. */
static int sys_signalled(lua_State *L)
{
	char bytes[64];

	while (wake_pipe[0] >= 0 && read(wake_pipe[0], bytes, sizeof(bytes)) == sizeof(bytes))
		;
	if (!signal_pending)
		return 0;
	lua_pushinteger(L, signal_pending);
	return 1;
}

/* clock(): seconds, never going back */
static int sys_clock(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
	return 1;
}

static int sys_getpid(lua_State *L)
{
	lua_pushinteger(L, getpid());
	return 1;
}

static int sys_is_root(lua_State *L)
{
	lua_pushboolean(L, geteuid() == 0);
	return 1;
}

/* cores(): how many this machine runs */
static int sys_cores(lua_State *L)
{
	lua_pushinteger(L, sysconf(_SC_NPROCESSORS_ONLN));
	return 1;
}

int luaopen_sys(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"clock", sys_clock},
		{"cores", sys_cores},
		{"getpid", sys_getpid},
		{"is_root", sys_is_root},
		{"kill", sys_kill},
		{"signalled", sys_signalled},
		{"signals", sys_signals},
		{"spawn", sys_spawn},
		{"wait", sys_wait},
		{"interrupt_ignore", sys_interrupt_ignore},
		{NULL, NULL},
	};

	luaL_newlib(L, functions);
	descriptor_register(L);
	socket_register(L);
	return 1;
}
