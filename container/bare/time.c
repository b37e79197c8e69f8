/* SPDX-License-Identifier: MIT */
/*
 * Time: the cycle counter, measured against channel 2 of the interval timer
 * (Intel 8254); the date from the battery-backed clock (Motorola MC146818).
 */
#include "container/bare/pc.h"
#include "container/bare/port.h"
#include "container/xen/clock.h"
#include "container/xen/cpu.h"

#define PIT_HZ 1193182
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_LATCH2 0x80
#define PIT_ONCE2 0xb0 /* both bytes of the count, then once down to 0 and on */
#define SPEAKER 0x61
#define SPEAKER_GATE 0x01 /* lets channel 2 count */
#define SPEAKER_ON 0x02
#define PIT_TICKS 24000 /* about 20 ms; the count is of 16 bits */
#define TRIES 16

/* What the clock reads at time_init: like Xen, it has run before the guest begins. */
#define BEGINNING CLOCK_SECOND

#define RTC_INDEX 0x70
#define RTC_DATA 0x71
#define RTC_STATUS_A 0x0a
#define RTC_UPDATING 0x80
#define RTC_STATUS_B 0x0b
#define RTC_BINARY 0x04
#define RTC_CENTURY 2000

struct sample {
	uint64_t tsc;
	uint16_t count;
};

static uint64_t hz;
static uint64_t start; /* cycle counter at time_init */

static uint16_t pit_count(void)
{
	port_write(PIT_COMMAND, PIT_LATCH2);

	uint8_t low = port_read(PIT_CHANNEL2);

	return (uint16_t)(low | port_read(PIT_CHANNEL2) << 8);
}

/* Both at one moment: of several tries, the one that the least else came between. */
static struct sample sample_take(void)
{
	struct sample best = {0};
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t before = cpu_tsc();
		uint16_t count = pit_count();
		uint64_t took = cpu_tsc() - before;

		if (took < least) {
			least = took;
			best = (struct sample){before + took / 2, count};
		}
	}
	return best;
}

void time_init(void)
{
	port_write(SPEAKER, (port_read(SPEAKER) & ~SPEAKER_ON) | SPEAKER_GATE);
	port_write(PIT_COMMAND, PIT_ONCE2);
	port_write(PIT_CHANNEL2, 0xff);
	port_write(PIT_CHANNEL2, 0xff);

	struct sample first = sample_take(), last;

	do
		last = sample_take();
	while ((uint16_t)(first.count - last.count) < PIT_TICKS);
	start = first.tsc;
	hz = (last.tsc - first.tsc) * PIT_HZ / (uint16_t)(first.count - last.count);
}

void time_record(struct vcpu_time_info *time)
{
	uint64_t rate = hz;
	int8_t shift = 0;

	for (; rate <= CLOCK_SECOND; rate <<= 1)
		shift++;
	time->tsc_timestamp = start;
	time->system_time = BEGINNING;
	time->tsc_shift = shift;
	time->tsc_to_system_mul = (uint32_t)((CLOCK_SECOND << 32) / rate);
}

uint64_t time_now(void)
{
	return BEGINNING + (uint64_t)((unsigned __int128)(cpu_tsc() - start) * CLOCK_SECOND / hz);
}

static unsigned rtc_read(uint8_t index)
{
	port_write(RTC_INDEX, index);
	return port_read(RTC_DATA);
}

static unsigned rtc_field(uint8_t index)
{
	unsigned value = rtc_read(index);

	return rtc_read(RTC_STATUS_B) & RTC_BINARY ? value : (value >> 4) * 10 + value % 16;
}

/* Days since 1970 of a date of the Gregorian calendar; the year begins in March. */
static uint64_t days(unsigned year, unsigned month, unsigned day)
{
	year -= month <= 2;
	month = (month + 9) % 12;
	return 365UL * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 -
	       719468;
}

uint64_t time_epoch(void)
{
	uint64_t date;

	while (rtc_read(RTC_STATUS_A) & RTC_UPDATING)
		;
	date = days(RTC_CENTURY + rtc_field(9), rtc_field(8), rtc_field(7));
	return date * 86400 + rtc_field(4) * 3600 + rtc_field(2) * 60 + rtc_field(0) -
	       time_now() / CLOCK_SECOND;
}
