/* SPDX-License-Identifier: MIT */
/*
 * An image from its command line to its exit status.
 *
 *   IMAGE [--module FILE]... [WORD]...
 *
 * The status is the decider's, if the manifest names one, or that of the first
 * component, in its order, that did not end with 0. Where nothing could be
 * started it is EX_USAGE (64), EX_NOINPUT (66) or EX_OSERR (71); EX_SOFTWARE (70)
 * where a component could not be ended.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "container/image.h"
#include "container/module.h"
#include "container/region.h"
#include "container/runtime.h"
#include "container/streams.h"
#include "container/supervisor.h"
#include "container/words.h"
#include "ipc/channel_table.h"
#include "layout/layout.h"

struct command {
	const char *modules[LAYOUT_MODULES_MAX];
	unsigned module_count;
	char **words; /* behind the last option */
	int word_count;
	bool help;
};

static struct words component_words[LAYOUT_COMPONENTS_MAX];

static int image_help(void)
{
	printf("usage: %s [--module FILE]... [WORD]...\n\n"
	       "  --module FILE             a file for the components to read, at most %d\n"
	       "  --help                    print this\n"
	       "  COMPONENT.arg=VALUE       one more argument for a component\n"
	       "  COMPONENT.env.NAME=VALUE  an environment variable for a component\n\n"
	       "components:\n",
	       image.name, LAYOUT_MODULES_MAX);
	for (unsigned i = 0; i < image.component_count; i++) {
		const struct image_component *c = &image.components[i];

		printf("  %-24s  %s, core %u, heap %zu KiB, stack %zu KiB\n", c->name,
		       c->runtime->name, c->core, c->heap_bytes >> 10, c->stack_bytes >> 10);
	}
	return 0;
}

static int module_option(struct command *cmd, const char *path)
{
	if (!path) {
		fprintf(stderr, "%s: option --module: got no file; expected --module FILE\n",
			image.name);
		return EX_USAGE;
	}
	if (cmd->module_count == LAYOUT_MODULES_MAX) {
		fprintf(stderr, "%s: option --module: got more files; expected at most %d\n",
			image.name, LAYOUT_MODULES_MAX);
		return EX_USAGE;
	}
	cmd->modules[cmd->module_count++] = path;
	return 0;
}

/* Options come first; the first argument without a dash begins the words. */
static int command_parse(struct command *cmd, int argc, char **argv)
{
	int i, status = 0;

	for (i = 1; i < argc && argv[i][0] == '-' && !status; i++) {
		if (!strcmp(argv[i], "--help")) {
			cmd->help = true;
		} else if (!strcmp(argv[i], "--module")) {
			i++;
			status = module_option(cmd, i < argc ? argv[i] : NULL);
		} else {
			fprintf(stderr, "%s: option %s; expected --module FILE or --help\n",
				image.name, argv[i]);
			status = EX_USAGE;
		}
	}
	cmd->words = argv + i;
	cmd->word_count = argc - i;
	return status;
}

static int regions_prepare(void)
{
	const struct layout_region *r;
	int err = region_reserve(&r);

	if (!err)
		return 0;
	fprintf(stderr,
		"%s: region %s, 0x%llx to 0x%llx: %s; expected it free and address space "
		"unlimited\n",
		image.name, r->name, (unsigned long long)r->base,
		(unsigned long long)(r->base + r->size), strerror(-err));
	return EX_OSERR;
}

static const char *module_error(int err)
{
	switch (err) {
	case -EINVAL:
		return "not a regular file";
	case -EFBIG:
		return "larger than a module may be";
	default:
		return strerror(-err);
	}
}

static int modules_prepare(const struct command *cmd)
{
	for (unsigned i = 0; i < cmd->module_count; i++) {
		int err = module_add(cmd->modules[i]);

		if (err) {
			fprintf(stderr, "%s: module %s: %s\n", image.name, cmd->modules[i],
				module_error(err));
			return EX_NOINPUT;
		}
	}
	return 0;
}

static int words_prepare(const struct command *cmd)
{
	int err = words_parse(&image, cmd->word_count, cmd->words, component_words, stderr);

	if (err == -EINVAL)
		return EX_USAGE;
	if (err)
		fprintf(stderr, "%s: arguments: %s\n", image.name, strerror(-err));
	return err ? EX_OSERR : 0;
}

static int channels_prepare(void)
{
	int err = channel_table_create(&image);

	if (err)
		fprintf(stderr, "%s: channels: %s\n", image.name, strerror(-err));
	return err ? EX_OSERR : 0;
}

static int image_run(const struct command *cmd)
{
	int status = words_prepare(cmd);

	if (!status)
		status = regions_prepare();
	if (!status)
		status = modules_prepare(cmd);
	if (!status)
		status = channels_prepare();
	return status ? status : supervisor_run(component_words);
}

int main(int argc, char **argv)
{
	struct command cmd = {0};
	int status;

	streams_begin();
	setenv("TZ", "UTC0", 1); /* local time is one on both targets */
	status = command_parse(&cmd, argc, argv);
	if (status)
		return status;
	return cmd.help ? image_help() : image_run(&cmd);
}
