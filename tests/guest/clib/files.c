/* SPDX-License-Identifier: MIT */
/*
 * Files bundled into the image, and the module given at run time.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a, of Fowler, Noll and Vo. */
#define FNV_PRIME 16777619U
#define FNV_BASIS 2166136261U

static void lines_write(FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&line, &room, f)) >= 0)
		printf("%zd: %s%s", length, line, line[length - 1] == '\n' ? "" : "|\n");
	printf("at the end: %d, error: %d\n", !!feof(f), !!ferror(f));
	free(line);
}

static void places_write(FILE *f)
{
	char text[8] = "";
	int a = 0, b = 0;
	double c = 0;
	fpos_t place;

	rewind(f);
	printf("fseek: %d, ", fseek(f, 5, SEEK_SET));
	printf("%c, ", getc(f));
	printf("ftell %ld, ", ftell(f));
	ungetc('R', f);
	ungetc('?', f);
	printf("ungetc %c", getc(f));
	printf("%c, ", getc(f));
	printf("ftell %ld\n", ftell(f));
	fgetpos(f, &place);
	fseek(f, -3, SEEK_END);
	printf("fread: %zu", fread(text, 1, 7, f));
	printf(" %s, ", text);
	fsetpos(f, &place);
	printf("back at %ld\n", ftell(f));
	fseek(f, 50, SEEK_SET);
	printf("fscanf: %d", fscanf(f, "%d %x %lf", &a, (unsigned *)&b, &c));
	printf(" -> %d %d %g\n", a, b, c);
	printf("fseek before the start: %d, %s\n", fseek(f, -100, SEEK_SET),
	       strerrorname_np(errno));
}

static void bytes_write(void)
{
	FILE *f = fopen("./data/bytes", "rb");
	int c;

	setvbuf(f, NULL, _IONBF, 0);
	while ((c = getc(f)) != EOF)
		printf("%02x ", c);
	fclose(f);
	f = fopen("data/empty", "r");
	printf("| empty: %d", getc(f) == EOF);
	printf(", reopened: %d", freopen("data/bytes", "r", f) == f);
	printf(", %d\n", fgetc(f));
	fclose(f);
}

static void refusals_write(void)
{
	struct stat st;

	printf("no such file: %d, ", fopen("nothing", "r") == NULL);
	printf("%s\n", strerrorname_np(errno));
	printf("writing: %d, ", fopen("poem.txt", "w") == NULL);
	printf("%s, ", strerrorname_np(errno));
	printf("%d, ", fopen("poem.txt", "r+") == NULL);
	printf("%s\n", strerrorname_np(errno));
	printf("stat: %d", stat("poem.txt", &st));
	printf(" %lld %o\n", (long long)st.st_size, st.st_mode);
	printf("access: %d %d %d\n", access("poem.txt", R_OK), access("poem.txt", W_OK),
	       access("nothing", F_OK));
}

static void module_write(void)
{
	FILE *f = fopen("/module/0", "r");
	uint32_t sum = FNV_BASIS;
	long size = 0;
	char line[80];

	if (!f) {
		puts("no module");
		return;
	}
	printf("module: %s", fgets(line, sizeof(line), f));
	rewind(f);
	for (int c; (c = getc(f)) != EOF; size++)
		sum = (sum ^ (uint32_t)c) * FNV_PRIME;
	fclose(f);
	printf("%ld bytes, checksum %08x", size, sum);
	printf(", module 1: %d\n", access("/module/1", R_OK));
}

void files_write(void)
{
	FILE *f = fopen("poem.txt", "r");

	puts("# files");
	lines_write(f);
	places_write(f);
	fclose(f);
	bytes_write();
	refusals_write();
	module_write();
}
