/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random delays at marked points: see race.h.
 *
 * Each CPU has its own generator, which starts from the seed.  The sequence of a CPU is
 * repeatable; which point gets which number depends on how the CPUs run.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/ksyms.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <neurath/string.h>

/* Most delays are short, some as long as a system call, few as an emulator's time slice. */
#define RACE_SHORT_NS	(2 * NSEC_PER_USEC)
#define RACE_LONG_NS	(200 * NSEC_PER_USEC)
#define RACE_TIMER_NS	(500 * NSEC_PER_USEC)

unsigned race_one_in;
bool race_timer;
/* The text whose points are delayed, set once at boot: all, or one function, possibly longer. */
static unsigned long race_text, race_text_size = ~0UL;
static unsigned race_long_one_in = 16;

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
	unsigned long point = (unsigned long)__builtin_return_address(0);
	u64 draw, ns, end;

	if (point - race_text >= race_text_size)
		return;
	draw = race_random();
	if (draw % race_one_in)
		return;
	draw >>= 32;
	ns = draw % (draw % race_long_one_in ? RACE_SHORT_NS : RACE_LONG_NS);
	end = clock_ns() + ns;
	while (clock_ns() < end)
		cpu_relax();
}

u64 race_early(u64 deadline)
{
	return min(deadline, clock_ns() + race_random() % RACE_TIMER_NS);
}

static int __init race_only_in(const char *function)
{
	struct ksym sym;
	int error = ksym_find(NULL, function, 0, &sym);

	if (!error) {
		race_text = sym.start;
		race_text_size = sym.size;
		race_long_one_in = 1;
	}
	return error;
}

/* The next word of @list up to a comma; @list moves behind it.  NULL at the end. */
static char *__init race_word(char **list)
{
	char *word = *list, *comma;

	if (!word)
		return NULL;
	comma = strchr(word, ',');
	if (comma)
		*comma = 0;
	*list = comma ? comma + 1 : NULL;
	return word;
}

void __init race_init(void)
{
	unsigned long seed, one_in = 16;
	char value[96], *list = value, *number, *function = NULL;

	if (!CONFIG_DEBUG || !boot_option("race", value, sizeof(value)))
		return;
	if (kstrtoul(race_word(&list), 0, &seed) ||
	    ((number = race_word(&list)) && (kstrtoul(number, 0, &one_in) || !one_in)) ||
	    ((function = race_word(&list)) && race_only_in(function))) {
		pr_err("race: expected race=SEED or race=SEED,N or race=SEED,N,FUNCTION\n");
		return;
	}
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		race_cpus[cpu].state = (seed + 1) * 0x9e3779b97f4a7c15UL +
				       cpu * 0xbf58476d1ce4e5b9UL + 1;
	race_one_in = (unsigned)one_in;
	race_timer = boot_option("race_timer", value, 0);
	pr_notice("race: seed %lu, a delay at every %lu. point%s%s\n", seed, one_in,
		  function ? " of " : "", function ?: "");
}
