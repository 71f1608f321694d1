/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random delays at marked points: see race.h.
 *
 * Each CPU has a generator of its own, derived from the seed.  The sequence that a
 * CPU draws is repeatable; which point gets which number depends on how the CPUs run.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <neurath/string.h>

/* Most delays are short, some are as long as a system call, few as a time slice of the emulator. */
#define RACE_SHORT_NS	(2 * NSEC_PER_USEC)
#define RACE_LONG_NS	(200 * NSEC_PER_USEC)

unsigned race_one_in;

static struct {
	u64 state;
} __cacheline_aligned race_cpus[NR_CPUS];

static notrace u64 race_random(void)
{
	u64 *x = &race_cpus[cpu_id()].state;

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

notrace void race_delay(void)
{
	u64 draw = race_random(), ns, end;

	if (draw % race_one_in)
		return;
	draw >>= 32;
	ns = draw % 16 ? draw % RACE_SHORT_NS : draw % RACE_LONG_NS;
	end = clock_ns() + ns;
	while (clock_ns() < end)
		cpu_relax();
}

void __init race_init(void)
{
	unsigned long seed, one_in = 16;
	char value[32], *comma;

	if (!CONFIG_DEBUG || !boot_option("race", value, sizeof(value)))
		return;
	comma = strchr(value, ',');
	if (comma)
		*comma++ = 0;
	if (kstrtoul(value, 0, &seed) || (comma && kstrtoul(comma, 0, &one_in)) || !one_in) {
		pr_err("race: expected race=SEED or race=SEED,N\n");
		return;
	}
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		race_cpus[cpu].state = (seed + 1) * 0x9e3779b97f4a7c15UL + cpu * 0xbf58476d1ce4e5b9UL + 1;
	race_one_in = (unsigned)one_in;
	pr_notice("race: seed %lu, a delay at every %lu. point\n", seed, one_in);
}
