/* SPDX-License-Identifier: MIT */
/*
 * What the packer writes for a C component called NAME:
 *
 *   extern int NAME_main(int, char **, char **);
 *   static const struct runtime_c_program NAME_program = {NAME_main};
 *
 * with .runtime = &runtime_c and .program = &NAME_program. The component's
 * objects are joined by ld -r, its main is renamed to NAME_main, the symbols
 * listed in redirect.syms are renamed as it says, and all else is made local.
 */
#ifndef RUNTIMES_C_RUNTIME_C_H
#define RUNTIMES_C_RUNTIME_C_H

struct runtime_c_program {
	int (*main)(int argc, char **argv, char **envp);
};

/* What a component calls in place of the C library's function of that name. */
_Noreturn void runtime_c_exit(int status);
_Noreturn void runtime_c__exit(int status);
_Noreturn void runtime_c__Exit(int status);
int runtime_c_atexit(void (*handler)(void));

char *runtime_c_getenv(const char *name);
char *runtime_c_secure_getenv(const char *name);
int runtime_c_setenv(const char *name, const char *value, int overwrite);
int runtime_c_unsetenv(const char *name);
int runtime_c_putenv(char *assignment);
int runtime_c_clearenv(void);

/* The environment that the functions above see on this thread; the array is not theirs. */
int runtime_c_environment_begin(char **envp);
void runtime_c_environment_end(void);

#endif
