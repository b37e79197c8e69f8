/* SPDX-License-Identifier: MIT */
/*
 * Splits the first module into words and sends them to the counter.
 *
 * A word is a run of ASCII letters and digits, sent in lower case and followed
 * by a newline. The messages are pieces of that stream: a word may begin in one
 * and end in another, so words may be of any length.
 */
#include <stdbool.h>
#include <stdio.h>
#include <sysexits.h>

#include <atoll.h>

#define BATCH_BYTES 16384

struct batch {
	struct channel *ch;
	char *room; /* in the ring itself */
	size_t used, size;
};

/* What each byte is in a word: itself, its lower case, or 0 where it is none. */
static char word_bytes[256];

static void word_bytes_init(void)
{
	for (int c = '0'; c <= '9'; c++)
		word_bytes[c] = (char)c;
	for (int c = 'a'; c <= 'z'; c++)
		word_bytes[c] = word_bytes[c - 'a' + 'A'] = (char)c;
}

static bool batch_begin(struct batch *b)
{
	void *room;

	b->used = 0;
	if (channel_reserve(b->ch, b->size, CHANNEL_FOREVER, &room) != CHANNEL_OK)
		return false;
	b->room = room;
	return true;
}

static bool batch_send(struct batch *b)
{
	return channel_commit(b->ch, b->used) == CHANNEL_OK;
}

static inline bool batch_put(struct batch *b, char c)
{
	if (b->used == b->size && (!batch_send(b) || !batch_begin(b)))
		return false;
	b->room[b->used++] = c;
	return true;
}

static bool text_split(struct batch *b, const unsigned char *text, size_t size)
{
	bool in_word = false;

	for (size_t i = 0; i < size; i++) {
		char c = word_bytes[text[i]];

		if ((c || in_word) && !batch_put(b, c ? c : '\n'))
			return false;
		in_word = c;
	}
	return !in_word || batch_put(b, '\n');
}

static bool text_send(struct channel *words, const unsigned char *text, size_t size)
{
	struct batch b = {.ch = words, .size = BATCH_BYTES};

	if (b.size > channel_max(words))
		b.size = channel_max(words);
	return batch_begin(&b) && text_split(&b, text, size) && batch_send(&b);
}

int main(void)
{
	size_t size;
	const unsigned char *text = component_module(0, &size);
	struct channel *words = channel_open("words");

	if (!text) {
		fprintf(stderr, "%s: no text; expected one file, given by --module FILE\n",
			component_name());
		return EX_NOINPUT;
	}
	if (!words) {
		perror("channel words");
		return EX_CONFIG;
	}
	word_bytes_init();
	if (!text_send(words, text, size)) {
		fprintf(stderr, "%s: channel words: %s\n", component_name(),
			channel_reason_text(channel_reason(words)));
		return EX_IOERR;
	}
	channel_finish(words);
	return 0;
}
