/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the ring of a CPU accepts records: tracing is on, and the CPU is one of those to trace.
 * Writers look at one byte for their CPU, which is made from both.  A trigger may switch in any
 * context.
 */
#include <neurath/atomic.h>
#include <neurath/hook.h>
#include "internal.h"

bool trace_main_enabled = true;
u64 trace_main_cpus = U64_MAX;
bool trace_main_on[NR_CPUS] = { [0 ... NR_CPUS - 1] = true };

/*
 * Makes the byte of each CPU.  Without a lock: a CPU that has written bytes looks whether their
 * sources have changed meanwhile, and then makes them again.  Sources and bytes are stored in
 * one order for all CPUs, so the look comes after the bytes, and these after this CPU's change.
 */
static __always_inline void switches_apply(void)
{
	bool on;
	u64 mask;

	do {
		on = READ_ONCE(trace_main_enabled);
		mask = READ_ONCE(trace_main_cpus);
		for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
			__atomic_store_n(&trace_main_on[cpu], on && (mask & BIT(cpu)),
					 __ATOMIC_SEQ_CST);
	} while (on != READ_ONCE(trace_main_enabled) || mask != READ_ONCE(trace_main_cpus));
}

notrace void trace_main_switch(bool on)
{
	__atomic_store_n(&trace_main_enabled, on, __ATOMIC_SEQ_CST);
	switches_apply();
}

void trace_main_limit(u64 cpus)
{
	__atomic_store_n(&trace_main_cpus, cpus, __ATOMIC_SEQ_CST);
	switches_apply();
}
