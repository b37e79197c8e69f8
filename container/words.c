/* SPDX-License-Identifier: MIT */
/*
 * Arguments and environments of the components, from manifest and words.
 * The strings are the manifest's and the caller's own; only the arrays are new.
 */
#include "container/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "container/image.h"

static unsigned strings_count(const char *const *strings)
{
	unsigned n = 0;

	while (strings && strings[n])
		n++;
	return n;
}

static unsigned strings_copy(char **to, const char *const *from)
{
	unsigned n = strings_count(from);

	for (unsigned i = 0; i < n; i++)
		to[i] = (char *)from[i];
	return n;
}

/* Arrays with room for every word, so that no word can fail for want of memory. */
static int words_begin(const struct image_component *spec, unsigned count, struct words *out)
{
	out->argv = calloc(strings_count(spec->args) + count + 2, sizeof(*out->argv));
	out->envp = calloc(strings_count(spec->env) + count + 1, sizeof(*out->envp));
	if (!out->argv || !out->envp)
		return -ENOMEM;
	out->argv[0] = (char *)spec->name;
	out->argc = 1 + (int)strings_copy(out->argv + 1, spec->args);
	strings_copy(out->envp, spec->env);
	return 0;
}

/* If word begins with prefix, the rest of it; NULL otherwise. */
static char *rest_after(char *word, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(word, prefix, n) == 0 ? word + n : NULL;
}

/* Assignment is "NAME=value"; a variable of that name is replaced. */
static bool environment_set(char **envp, char *assignment)
{
	const char *equals = strchr(assignment, '=');
	size_t name;

	if (!equals || equals == assignment)
		return false;
	name = (size_t)(equals - assignment) + 1;
	while (*envp && strncmp(*envp, assignment, name) != 0)
		envp++;
	*envp = assignment;
	return true;
}

/* The key is what follows "COMPONENT.". */
static bool key_take(struct words *out, char *key)
{
	char *value = rest_after(key, "arg=");

	if (value) {
		out->argv[out->argc++] = value;
		return true;
	}
	value = rest_after(key, "env.");
	return value && environment_set(out->envp, value);
}

static bool word_take(const struct image *img, char *word, struct words *out)
{
	for (unsigned i = 0; i < img->component_count; i++) {
		char *key = rest_after(word, img->components[i].name);

		if (key && *key == '.')
			return key_take(&out[i], key + 1);
	}
	return false;
}

static void word_refuse(const struct image *img, const char *word, FILE *errors)
{
	fprintf(errors,
		"%s: word \"%s\"; expected COMPONENT.arg=VALUE or COMPONENT.env.NAME=VALUE, "
		"where COMPONENT is",
		img->name, word);
	for (unsigned i = 0; i < img->component_count; i++)
		fprintf(errors, "%s%s", i ? " or " : " ", img->components[i].name);
	fputc('\n', errors);
}

int words_parse(const struct image *img, int count, char *const *words, struct words *out,
		FILE *errors)
{
	int status = 0;

	memset(out, 0, img->component_count * sizeof(*out));
	for (unsigned i = 0; i < img->component_count; i++)
		if (words_begin(&img->components[i], (unsigned)count, &out[i]))
			return -ENOMEM;
	for (int i = 0; i < count; i++) {
		if (word_take(img, words[i], out))
			continue;
		word_refuse(img, words[i], errors);
		status = -EINVAL;
	}
	return status;
}

static size_t texts_measure(char *const *strings, size_t *bytes)
{
	size_t count = 0;

	for (; strings[count]; count++)
		*bytes += strlen(strings[count]) + 1;
	return count;
}

/* The strings go to *to, which is then behind them. */
static void texts_copy(char *const *strings, char **copies, char **to)
{
	for (; *strings; strings++) {
		*copies++ = *to;
		*to = stpcpy(*to, *strings) + 1;
	}
	*copies = NULL;
}

int words_copy(const struct words *words, struct words *out)
{
	size_t bytes = 0, args = texts_measure(words->argv, &bytes);
	size_t pointers = args + texts_measure(words->envp, &bytes) + 2;
	char **block = malloc(pointers * sizeof(*block) + bytes);
	char *text;

	if (!block)
		return -ENOMEM;
	text = (char *)(block + pointers);
	*out = (struct words){.argc = words->argc, .argv = block, .envp = block + args + 1};
	texts_copy(words->argv, out->argv, &text);
	texts_copy(words->envp, out->envp, &text);
	return 0;
}

void words_end(const struct image *img, struct words *out)
{
	for (unsigned i = 0; i < img->component_count; i++) {
		free(out[i].argv);
		free(out[i].envp);
	}
}
