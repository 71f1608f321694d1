/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The battery-backed clock (CMOS), read once at boot.
 */
#include <neurath/arch.h>
#include "clock.h"
#include "x86.h"

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define CMOS_STATUS_A	0x0a
#define CMOS_STATUS_B	0x0b
#define CMOS_UPDATING	0x80
#define CMOS_BINARY	0x04
#define CMOS_24H	0x02
#define CMOS_PM		0x80
/* A clock that does not become ready must not stop the boot. */
#define CMOS_TRIES	1000

struct rtc_time {
	u8 second, minute, hour, day, month, year;
};

static u8 __init cmos_read(u8 reg)
{
	outb(CMOS_INDEX, reg);
	return inb(CMOS_DATA);
}

static struct rtc_time __init rtc_read_raw(void)
{
	return (struct rtc_time){
		cmos_read(0), cmos_read(2), cmos_read(4), cmos_read(7), cmos_read(8), cmos_read(9),
	};
}

static bool __init rtc_equal(const struct rtc_time *a, const struct rtc_time *b)
{
	return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
	       a->day == b->day && a->month == b->month && a->year == b->year;
}

static u8 __init rtc_decode(u8 value, bool binary)
{
	return binary ? value : (u8)((value >> 4) * 10 + (value & 15));
}

/* Days from 1970-01-01 to a date after 2000. */
static u64 __init rtc_days(unsigned int year, unsigned int month, unsigned int day)
{
	/* In years that start in March the leap day is the last day. */
	unsigned int y = year - (month <= 2), m = (month + 9) % 12;

	return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

u64 __init rtc_read(void)
{
	struct rtc_time t, again;
	unsigned int tries = 0, hour;
	u8 status;
	bool binary;

	do {
		t = rtc_read_raw();
		again = rtc_read_raw();
	} while ((!rtc_equal(&t, &again) || (cmos_read(CMOS_STATUS_A) & CMOS_UPDATING)) &&
		 ++tries < CMOS_TRIES);
	status = cmos_read(CMOS_STATUS_B);
	binary = status & CMOS_BINARY;
	hour = rtc_decode(t.hour & ~CMOS_PM, binary);
	if (!(status & CMOS_24H))
		hour = hour % 12 + (t.hour & CMOS_PM ? 12 : 0);
	return rtc_days(2000u + rtc_decode(t.year, binary), rtc_decode(t.month, binary),
			rtc_decode(t.day, binary)) * 86400 +
	       hour * 3600 + rtc_decode(t.minute, binary) * 60 + rtc_decode(t.second, binary);
}
