/* SPDX-License-Identifier: MIT */
/* Answers each number with the next one, and says how many messages came; 0 ends it badly. */
#include <atoll.h>
#include <ipc/mailbox.h>

#include <string.h>

int main(void)
{
	struct channel *line = channel_open("line");
	uint64_t value, messages = 0;
	const void *msg;
	bool request;
	size_t len;

	while (mailbox_receive(line, CHANNEL_FOREVER, &request, &msg, &len) == CHANNEL_OK) {
		if (!request) {
			messages++;
			channel_release(line);
			continue;
		}
		if (len != sizeof(value))
			return 1;
		memcpy(&value, msg, len);
		if (value == 0)
			return 3;
		value += messages;
		if (mailbox_reply(line, &value, sizeof(value)) != CHANNEL_OK)
			return 1;
	}
	return 0;
}
