/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial_input.c - the input of arch/x86_64/serial.c: typed bytes and SysRq keys (a BREAK and a letter) arrive at any moment, while
 * the interrupt, the terminal driver and the kernel's log read the device in any order.  The driver gets each typed byte once and
 * in order, and each SysRq letter is found once, by one of them.
 *
 * flags: -idirafter include
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
/* Definitions in place of kernel headers that include too much. */
#define NEURATH_ARCH_H
#define NEURATH_SPINLOCK_H
#define ARCH_X86_64_X86_H
#include <neurath/types.h>

#define SERIAL_SYSRQ	0x100
#define NSEC_PER_SEC	1000000000UL
#define DEFINE_SPINLOCK_RANK(var, rank) int var
#define spin_lock(lock)			((void)++*(lock))
#define spin_unlock(lock)		((void)--*(lock))
#define spin_lock_irqsave(lock, flags)	((flags) = 0, spin_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock(lock))
#define assert_spin_held(lock)		((void)(*(lock) == 1 ? 0 : (abort(), 0)))
static void cpu_relax(void) { }

/* ---- the device ---------------------------------------------------------------------------- */

#define TYPED_MAX	4096
#define FIFO		16

static bool break_at_top;	/* as a real device: a BREAK shows when its zero is the next byte; else at once, as in QEMU */
static unsigned fifo[FIFO], fifo_used;	/* 0x100 | 0: a BREAK */
static bool break_shown;
static char typed[TYPED_MAX], keys[TYPED_MAX], got[TYPED_MAX], found[TYPED_MAX];
static unsigned typed_used, keys_used, got_used, found_used;

static void arrive(unsigned entry)
{
	fifo[fifo_used++] = entry;
	if (entry == 0x100 && (!break_at_top || fifo_used == 1))
		break_shown = true;
}

/* At some looks something arrives: a byte, or a BREAK and a letter. */
static void something_arrives(void)
{
	unsigned what = rand() % 8;
	char letter = (char)('a' + rand() % 26);

	if (what == 0 && fifo_used < FIFO && typed_used < TYPED_MAX) {
		typed[typed_used++] = letter;
		arrive((unsigned char)letter);
	} else if (what == 1 && fifo_used < FIFO - 1 && keys_used < TYPED_MAX) {
		keys[keys_used++] = letter;
		arrive(0x100);
		arrive((unsigned char)letter);
	}
}

static bool quiet;

static u8 inb(u16 address)
{
	u8 value = 0x60;

	if (!quiet)
		something_arrives();
	if (address == 0x3fd) {
		value |= fifo_used ? 1 : 0;
		value |= break_shown ? 0x10 : 0;
		break_shown = false;
	} else if (address == 0x3f8) {
		if (!fifo_used)
			abort();
		value = (u8)fifo[0];
		memmove(fifo, fifo + 1, --fifo_used * sizeof(*fifo));
		if (break_at_top && fifo_used && fifo[0] == 0x100)
			break_shown = true;
	}
	return value;
}

static void outb(u16 address, u8 value)
{
}

#include "../../arch/x86_64/serial.c"

/* ---- its readers --------------------------------------------------------------------------- */

static void interrupt(void)
{
	int key = serial_sysrq_key(1);

	if (key >= 0)
		found[found_used++] = (char)key;
}

static bool driver_reads(void)
{
	int byte = serial_receive(1);

	if (byte >= 0 && byte & SERIAL_SYSRQ)
		found[found_used++] = (char)byte;
	else if (byte >= 0)
		got[got_used++] = (char)byte;
	return byte >= 0;
}

static void run(unsigned seed, bool at_top)
{
	srand(seed);
	break_at_top = at_top;
	fifo_used = typed_used = keys_used = got_used = found_used = 0;
	break_shown = quiet = false;
	for (unsigned i = 0; i < 400; i++) {
		switch (rand() % 4) {
		case 0:
			interrupt();
			break;
		case 1:
			driver_reads();
			break;
		case 2:
			serial_room();
			break;
		case 3:
			serial_write("log", 3);
			break;
		}
	}
	quiet = true;
	interrupt();
	while (driver_reads())
		;
	if (got_used != typed_used || memcmp(got, typed, typed_used) || found_used != keys_used || memcmp(found, keys, keys_used))
		printf("# seed %u: typed %.*s, got %.*s; keys %.*s, found %.*s\n", seed, (int)typed_used, typed, (int)got_used, got,
		       (int)keys_used, keys, (int)found_used, found);
	CHECK_EQ(got_used, typed_used);
	CHECK(!memcmp(got, typed, typed_used));
	CHECK_EQ(found_used, keys_used);
	CHECK(!memcmp(found, keys, keys_used));
}

static void bytes_and_keys_reach_their_readers(void)
{
	serial_init();
	for (unsigned seed = 1; seed <= 2000; seed++)
		run(seed, false);
}

static void the_same_if_a_break_shows_with_its_zero(void)
{
	serial_init();
	for (unsigned seed = 1; seed <= 2000; seed++)
		run(seed, true);
}

/* A letter long after the BREAK is input. */
static void a_break_waits_for_five_seconds(void)
{
	serial_init();
	quiet = true;
	arrive(0x100);
	CHECK_EQ(serial_sysrq_key(1), -1);
	arrive('x');
	CHECK_EQ(serial_receive(6 * NSEC_PER_SEC), 'x');
}

int main(void)
{
	TAP_TEST(bytes_and_keys_reach_their_readers);
	TAP_TEST(the_same_if_a_break_shows_with_its_zero);
	TAP_TEST(a_break_waits_for_five_seconds);
	return tap_done();
}
