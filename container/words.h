/* SPDX-License-Identifier: MIT */
/*
 * Words of the command line that extend what the manifest gives a component:
 *
 *   COMPONENT.arg=VALUE        one more argument
 *   COMPONENT.env.NAME=VALUE   an environment variable, new or replaced
 */
#ifndef CONTAINER_WORDS_H
#define CONTAINER_WORDS_H

#include <stdio.h>

struct image;

/* What one component's main is called with; both arrays are NULL-terminated. */
struct words {
	int argc;
	char **argv; /* argv[0] is the component's name */
	char **envp;
};

/*
 * Fill out[0..component_count) from the manifest and the words, which must
 * outlive it. Returns 0, -ENOMEM, or -EINVAL after a line on errors for every
 * word that means nothing. out is to be given to words_end in every case.
 */
int words_parse(const struct image *img, int count, char *const *words, struct words *out,
		FILE *errors);

/*
 * A copy of both arrays and of their strings, which a component may write to; one
 * block of malloc, which begins with out->argv. 0 or -ENOMEM.
 */
int words_copy(const struct words *words, struct words *out);

/* Free what words_parse has made for each component of the image. */
void words_end(const struct image *img, struct words *out);

#endif
