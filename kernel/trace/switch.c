/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files `tracing_on` and `tracing_cpumask`, for switch_write.c. */
#include <neurath/string.h>
#include "internal.h"

/* ---- tracing_on ------------------------------------------------------------------------- */

static int tracing_on_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%d\n", READ_ONCE(trace_main_enabled));
	return 0;
}

static ssize_t tracing_on_store(const char *buf, size_t n, void *private)
{
	unsigned long on;
	int error = kstrtoul(buf, 10, &on);

	if (error)
		return trace_refuse("tracing_on", buf, n, "is no number; 0 is off");
	trace_main_switch(on != 0);
	/* Readers of trace_pipe may be at the end now. */
	wake_up_all(&trace_wait);
	return (ssize_t)n;
}

TRACE_SWITCH(trace_tracing_on, "tracing_on", tracing_on_show, tracing_on_store);

/* ---- tracing_cpumask -------------------------------------------------------------------- */

static u64 all_cpus(void)
{
	return nr_cpus < 64 ? BIT(nr_cpus) - 1 : U64_MAX;
}

/* Hexadecimal, with a comma before the last 32 bits, as Linux prints a set of CPUs. */
static int cpumask_show(struct seq_file *m, void *private)
{
	u64 cpus = READ_ONCE(trace_main_cpus) & all_cpus();

	if (nr_cpus > 32)
		seq_printf(m, "%x,%08x\n", (u32)(cpus >> 32), (u32)cpus);
	else
		seq_printf(m, "%x\n", (u32)cpus);
	return 0;
}

/* Hexadecimal digits; commas have no meaning.  CPUs that do not exist are ignored. */
static int cpumask_parse(const char *buf, u64 *cpus)
{
	static const char digits[] = "0123456789abcdef";
	unsigned n = 0;

	for (*cpus = 0; *buf && *buf != '\n'; buf++) {
		const char *digit = strchr(digits, *buf >= 'A' && *buf <= 'F' ? *buf | 0x20 : *buf);

		if (*buf == ',')
			continue;
		if (!digit || ++n > 16)
			return -EINVAL;
		*cpus = *cpus << 4 | (u64)(digit - digits);
	}
	return n ? 0 : -EINVAL;
}

static ssize_t cpumask_store(const char *buf, size_t n, void *private)
{
	u64 cpus;
	int error = cpumask_parse(buf, &cpus);

	if (error)
		return trace_refuse("tracing_cpumask", buf, n, "is no hexadecimal number");
	trace_main_limit(cpus);
	return (ssize_t)n;
}

TRACE_SWITCH(trace_cpumask, "tracing_cpumask", cpumask_show, cpumask_store);
