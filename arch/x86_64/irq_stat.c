/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/interrupts: the number of interrupts of each kind, with a column for each CPU. */
#include <neurath/kernfs.h>
#include "irq_stat.h"

u64 irq_stat[NR_CPUS][IRQ_STAT_COUNT];

static const struct {
	u8 vector;
	const char *name, *text;
} irq_stat_local[] = {
	{ VECTOR_TIMER, "LOC", "Local timer interrupts" },
	{ VECTOR_RESCHEDULE, "RES", "Rescheduling interrupts" },
	{ VECTOR_CALL, "CAL", "Function call interrupts" },
	{ VECTOR_TLB, "TLB", "TLB shootdowns" },
	{ VECTOR_LOG, "LOG", "Log interrupts" },
	{ VECTOR_SPURIOUS, "SPU", "Spurious interrupts" },
	{ VECTOR_APIC_ERROR, "ERR", "Local APIC errors" },
};

static u64 irq_stat_row_sum(unsigned int index)
{
	u64 sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		sum += READ_ONCE(irq_stat[cpu][index]);
	return sum;
}

u64 arch_irq_total(void)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < IRQ_STAT_COUNT; i++)
		sum += irq_stat_row_sum(i);
	return sum;
}

static void irq_stat_columns(struct seq_file *m, unsigned int index)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(m, " %10lu", (unsigned long)READ_ONCE(irq_stat[cpu][index]));
}

static int interrupts_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "    ");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(m, "       CPU%-2u", cpu);
	seq_putc(m, '\n');
	for (unsigned int line = 0; line < VECTOR_IRQ_COUNT; line++) {
		if (!irq_stat_row_sum(line))
			continue;
		seq_printf(m, "%3u:", line);
		irq_stat_columns(m, line);
		seq_puts(m, line < 16 ? "  IO-APIC\n" : "  PCI-MSI\n");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(irq_stat_local); i++) {
		seq_printf(m, "%s:", irq_stat_local[i].name);
		irq_stat_columns(m, irq_stat_index(irq_stat_local[i].vector));
		seq_printf(m, "  %s\n", irq_stat_local[i].text);
	}
	return 0;
}
KERNFS_SHOW(proc_interrupts, "/proc/interrupts", 0444, interrupts_proc_show);
