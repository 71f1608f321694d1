/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stop at an event: trace_stop=NANOSECONDS on the command line of a debug build.  The first
 * record of live patching's rings with that time or a later one calls trace_stopped() in write.c,
 * where gdb has a breakpoint (tools/replay).  Only the first does: other CPUs may write records
 * before gdb holds them.
 *
 * All this happens in every debug build and for every number, so that a run with one number is the
 * same as a run with any other, up to the stop.
 */
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/string.h>
#include "internal.h"

/* The first tick of the TSC that is not before @ns. */
static u64 __init trace_tsc_of(u64 ns)
{
	u64 tsc = read_tsc();

	for (int bit = 62; bit >= 0; bit--)
		if (clock_ns_at(tsc + BIT(bit)) < ns)
			tsc += BIT(bit);
	return tsc + 1;
}

void __init trace_stop_init(void)
{
	char value[24];
	unsigned long ns;

	if (CONFIG_DEBUG && boot_option("trace_stop", value, sizeof(value)) &&
	    !kstrtoul(value, 10, &ns))
		trace_stop_tsc = trace_tsc_of(ns);
}
