/* SPDX-License-Identifier: MIT */
/*
 * The C library's FILEs, where a component ends in the middle of using them.
 *
 * This knows two things of the C library that its manual does not tell: how the
 * lock of a FILE says who owns it, and the list of all FILEs. streams_init
 * looks whether they are as expected.
 */
#ifndef CONTAINER_STREAMS_H
#define CONTAINER_STREAMS_H

/* The standard streams' buffers, before their first use. */
void streams_begin(void);

/* Before any component starts. 0, or -ENOTSUP where a FILE is not as expected. */
int streams_init(void);

/* Give back the locks of the standard streams, as far as the calling thread owns them. */
void streams_unlock(void);

/*
 * Write what the FILEs in the component's heap still have to write, but for those
 * that another thread is using. 0 or EOF.
 */
int streams_flush(unsigned component);

/*
 * Close the FILEs that lie in the component's heap, when none of its other
 * threads runs any more: with what they still have to write, on a thread whose
 * malloc is the component's; or without, where the heap cannot be trusted. The
 * standard streams get their buffers back.
 */
void streams_close(unsigned component);
void streams_drop(unsigned component);

#endif
