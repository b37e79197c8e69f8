/* SPDX-License-Identifier: MIT */
/*
 * The image's first thread: see process.h, and "Initial Process Stack" in the
 * System V AMD64 ABI, 3.4.1.
 */
#include "container/image.h"
#include "container/xen/asm.h"
#include "container/xen/boot.h"
#include "container/xen/core.h"
#include "container/xen/direct.h"
#include "container/xen/page.h"
#include "container/xen/panic.h"
#include "container/xen/print.h"
#include "container/xen/process.h"
#include "container/xen/random.h"
#include "container/xen/string.h"

#include <elf.h>

#define MAIN_STACK_SIZE LAYOUT_KIB(128)
#define WORDS_MAX 256
#define RANDOM_BYTES 16

void _start(void);

/* A stack that is being filled from its end. */
struct stack {
	uint64_t at;
};

static char *push_string(struct stack *stack, const char *text)
{
	size_t size = strlen(text) + 1;

	stack->at -= size;
	return memcpy((void *)stack->at, text, size);
}

static void push_word(struct stack *stack, uint64_t word)
{
	stack->at -= sizeof(word);
	*(uint64_t *)stack->at = word;
}

/*
 * Cut the next word off *text: blanks separate, '…' and "…" keep them. The word
 * is unquoted in place. NULL at the end.
 */
static char *word_next(char **text)
{
	char *from = *text, *to, *word, quote = '\0';

	while (*from == ' ')
		from++;
	if (!*from)
		return NULL;
	for (word = to = from; *from && (quote || *from != ' '); from++) {
		if (*from == quote)
			quote = '\0';
		else if (!quote && (*from == '\'' || *from == '"'))
			quote = *from;
		else
			*to++ = *from;
	}
	*text = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

static unsigned arguments_push(struct stack *stack, char **argv)
{
	unsigned argc = 0;
	char *rest = boot.command, *word;

	argv[argc++] = push_string(stack, image.name);
	for (unsigned i = 0; i < boot.module_count; i++) {
		char path[32];

		print_to(path, sizeof(path), "/module/%u", i);
		argv[argc++] = push_string(stack, "--module");
		argv[argc++] = push_string(stack, path);
	}
	while ((word = word_next(&rest))) {
		if (argc == WORDS_MAX)
			panic("extra= has more than %u words", WORDS_MAX);
		argv[argc++] = push_string(stack, word);
	}
	return argc;
}

static void auxiliary_push(struct stack *stack, uint64_t random)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)LAYOUT_IMAGE_BASE;
	const uint64_t vector[][2] = {
		{AT_PAGESZ, LAYOUT_PAGE_SIZE},
		{AT_PHDR, LAYOUT_IMAGE_BASE + header->e_phoff},
		{AT_PHENT, header->e_phentsize},
		{AT_PHNUM, header->e_phnum},
		{AT_ENTRY, (uint64_t)_start},
		{AT_RANDOM, random},
		{AT_SECURE, 0},
		{KERNEL_CALLS, (uint64_t)&direct_calls},
		{AT_NULL, 0},
	};

	for (unsigned i = sizeof(vector) / sizeof(vector[0]); i-- > 0;) {
		push_word(stack, vector[i][1]);
		push_word(stack, vector[i][0]);
	}
}

/* Fill the stack; returns its pointer at _start. */
static uint64_t stack_fill(uint64_t end)
{
	struct stack stack = {end};
	char *argv[WORDS_MAX];
	unsigned argc = arguments_push(&stack, argv);
	uint64_t random;

	stack.at = (stack.at - RANDOM_BYTES) & ~UINT64_C(15);
	random = stack.at;
	random_fill((void *)random, RANDOM_BYTES);
	/* What follows is argc + 1 words, two NULLs and pairs: make the end 16-aligned. */
	if ((argc + 1) % 2)
		push_word(&stack, 0);
	auxiliary_push(&stack, random);
	push_word(&stack, 0);
	push_word(&stack, 0);
	for (unsigned i = argc; i-- > 0;)
		push_word(&stack, (uint64_t)argv[i]);
	push_word(&stack, argc);
	return stack.at;
}

void process_start(void)
{
	uint64_t end = layout_stack_end(0);
	struct regs regs = {
		.rip = (uint64_t)_start,
		.cs = SEGMENT_CODE,
		.ss = SEGMENT_DATA,
		.rflags = RFLAGS_IF,
	};

	if (page_back(end - MAIN_STACK_SIZE, MAIN_STACK_SIZE, LAYOUT_PAGE_ORDER,
		      LAYOUT_READ | LAYOUT_WRITE) < 0)
		panic("not enough memory for the first stack");
	regs.rsp = stack_fill(end);

	struct thread *thread = thread_new(core_self(), &regs, 0);

	string_copy(thread->name, "container", sizeof(thread->name));
	thread_start(thread);
}
