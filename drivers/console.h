/* SPDX-License-Identifier: MIT */
/*
 * The PV console ring (xen/io/console.h): the guest's terminal.
 *
 * The backend writes two of the four indices; whatever it writes, nothing
 * outside the rings is touched and no call waits for ever.
 */
#ifndef DRIVERS_CONSOLE_H
#define DRIVERS_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/* The ring's page is mapped and its event channel is `port`. Negative errno. */
int console_init(uint32_t port);

/*
 * Write size bytes, '\n' as "\r\n". Waits while the ring is full; a backend
 * that takes nothing for a second loses the rest, and the next output says how
 * much. Any core; text of two calls never mixes. Returns how many bytes of the
 * text were there to read: fewer where the rest is at no address of the guest.
 */
size_t console_write(const char *text, size_t size);

/*
 * Read what was typed, at most size bytes and not beyond the end of a line;
 * waits for at least one. '\r' reads as '\n'. Ctrl-D ends what is read, as on a
 * terminal: alone it returns 0, the end of input. -ERESTARTSYS where a signal ends
 * the wait.
 */
long console_read(char *text, size_t size);

/* Wait until the backend has taken all output, or took nothing for a second. */
void console_drain(void);

/* From now on only this core may write: the guest is about to end. Also before console_init. */
void console_seize(void);

#endif
