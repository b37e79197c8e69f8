/* SPDX-License-Identifier: MIT */
/*
 * Strings, wide characters, searching and sorting, memory.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const isles[] = {"Skye", "Mull", "Islay", "Arran",
				    "Jura", "Bute", "Eigg",  "Rum"};

static int strings_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int numbers_order(const void *a, const void *b, void *factor)
{
	int x = *(const int *)a * *(int *)factor, y = *(const int *)b * *(int *)factor;

	return (x > y) - (x < y);
}

static void sorting_write(void)
{
	const char *sorted[COUNT(isles)], *wanted = "Jura";
	int numbers[1000], downwards = -1, wrong = 0;
	unsigned state = 1;

	memcpy(sorted, isles, sizeof(isles));
	qsort(sorted, COUNT(sorted), sizeof(sorted[0]), strings_order);
	for (size_t i = 0; i < COUNT(sorted); i++)
		printf("%s%s", sorted[i], i + 1 < COUNT(sorted) ? " " : "\n");
	const char **found =
		bsearch(&wanted, sorted, COUNT(sorted), sizeof(sorted[0]), strings_order);

	printf("bsearch: place %td\n", found - sorted);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		state = state * 1103515245 + 12345;
		numbers[i] = (int)(state >> 16) % 500;
	}
	qsort_r(numbers, COUNT(numbers), sizeof(numbers[0]), numbers_order, &downwards);
	for (size_t i = 1; i < COUNT(numbers); i++)
		wrong += numbers[i - 1] < numbers[i];
	printf("qsort_r: %d to %d, %d out of order\n", numbers[0], numbers[COUNT(numbers) - 1],
	       wrong);
}

static void node_print(const void *node, VISIT visit, int depth)
{
	if (visit == postorder || visit == leaf)
		printf("%s(%d) ", *(const char *const *)node, depth);
}

/* The names are nobody's to free. */
static void node_leave(void *name)
{
	(void)name;
}

static void tree_write(void)
{
	void *root = NULL;

	for (size_t i = 0; i < COUNT(isles); i++)
		tsearch(isles[i], &root, (int (*)(const void *, const void *))strcmp);
	twalk(root, node_print);
	tdestroy(root, node_leave);
	putchar('\n');
}

static void strings_write(void)
{
	char text[] = "a,b;;c", *rest = NULL, buffer[16] = "";

	for (char *part = strtok_r(text, ",;", &rest); part; part = strtok_r(NULL, ",;", &rest))
		printf("%s ", part);
	printf("| %s | %zu %zu | %s | %.2s\n", strstr("haystack", "st"), strspn("aabbc", "ab"),
	       strcspn("aabbc", "c"), strrchr("a/b/c", '/'), (char *)memmem("needle", 6, "ed", 2));
	printf("%d %d %d %d\n", strcasecmp("ABC", "abd"), strncmp("abc", "abd", 2),
	       strcoll("a", "B") > 0, strverscmp("file9", "file10") < 0);
	memmove(buffer, "overlap", 8);
	memmove(buffer + 2, buffer, 8);
	printf("%s %s\n", buffer, strpbrk("key=value", "="));
	printf("%s; %s; %s; %s\n", strerror(ENOENT), strerror(ERANGE), strerror(1234),
	       strsignal(SIGSEGV));
	printf("%s %s\n", strerrorname_np(EROFS), sigabbrev_np(SIGTERM));
	printf("decimal point %s, locale %s, other locales: %s\n", localeconv()->decimal_point,
	       setlocale(LC_ALL, NULL), setlocale(LC_ALL, "xx_XX") ? "some" : "none");
}

static void classes_write(void)
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {{"alpha", isalpha}, {"digit", isdigit},  {"space", isspace},
		       {"punct", ispunct}, {"print", isprint},  {"upper", isupper},
		       {"cntrl", iscntrl}, {"xdigit", isxdigit}};

	for (size_t i = 0; i < COUNT(classes); i++) {
		int count = 0, sum = 0;

		for (int c = 0; c < 256; c++)
			if (classes[i].is(c))
				count++, sum += c;
		printf("%s: %d, sum %d; ", classes[i].name, count, sum);
	}
	printf("%c%c\n", toupper('q'), tolower('Q'));
}

static void wide_write(void)
{
	wchar_t wide[32], *end;
	char narrow[32];
	mbstate_t state = {0};
	wchar_t c;

	printf("mbstowcs: %zu, wcslen: %zu\n", mbstowcs(wide, "hello", 32), wcslen(wide));
	swprintf(wide, 32, L"%ls-%d-%.2f", L"wide", 7, 1.5);
	printf("%ls, wcstol: %ld, wcscmp: %d, wcsstr: %ls\n", wide, wcstol(L"-99 rest", &end, 10),
	       wcscmp(L"a", L"b"), wcsstr(wide, L"7"));
	printf("wcstombs: %zu", wcstombs(narrow, wide, sizeof(narrow)));
	printf(" %s, towupper: %lc, iswalpha: %d, btowc: %d\n", narrow, towupper(L'w'),
	       !!iswalpha(L'x'), (int)btowc('A'));
	printf("a byte that is no character here: %zd\n", mbrtowc(&c, "\xc3", 1, &state));
}

static void patterns_write(void)
{
	regmatch_t match[3];
	regex_t regex;

	printf("regcomp: %d, ", regcomp(&regex, "([a-z]+)=([0-9]+)", REG_EXTENDED));
	printf("regexec: %d, ", regexec(&regex, "set width=640;", 3, match, 0));
	printf("%d-%d %d-%d\n", match[1].rm_so, match[1].rm_eo, match[2].rm_so, match[2].rm_eo);
	regfree(&regex);
	printf("fnmatch: %d %d\n", fnmatch("*.[ch]", "scribe.c", 0), fnmatch("*.o", "scribe.c", 0));
}

static void options_write(void)
{
	char *const words[] = {(char *)"x", (char *)"-ab", (char *)"value", (char *)"rest", NULL};
	int option;

	optind = 1;
	while ((option = getopt(4, words, "ab:")) != -1)
		printf("option %c %s; ", option, optarg ? optarg : "alone");
	printf("then %s\n", words[optind]);
}

static void memory_write(void)
{
	void *aligned = aligned_alloc(4096, 8192), *other = NULL;
	int status = posix_memalign(&other, 256, 100);
	volatile size_t half = SIZE_MAX / 2; /* or the compiler would know the answer */
	char *grown = calloc(10, 1);

	printf("aligned_alloc: %d, posix_memalign: %d %d", (uintptr_t)aligned % 4096 == 0, status,
	       (uintptr_t)other % 256 == 0);
	grown = realloc(grown, 1 << 20);
	printf(", calloc and realloc: %d", grown[9]);
	free(grown);
	free(other);
	free(aligned);
	errno = 0;
	grown = calloc(half, 3);
	printf(", too much: %s", grown ? "memory" : "NULL");
	printf(", %s\n", strerrorname_np(errno));
	free(grown);
}

void texts_write(void)
{
	puts("# texts");
	sorting_write();
	tree_write();
	strings_write();
	classes_write();
	wide_write();
	patterns_write();
	options_write();
	memory_write();
}
