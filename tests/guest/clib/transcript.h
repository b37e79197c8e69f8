/* SPDX-License-Identifier: MIT */
/*
 * The parts of the transcript. Each prints what the C library answered, and
 * nothing that differs from run to run: what does is judged where it is asked.
 */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

void formats_write(void);
void numbers_write(void);
void functions_write(void);
void texts_write(void);
void files_write(void);
void times_write(void);

#endif
