/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioport_grant(base, count): lets a driver in user space use I/O ports.
 *
 * The grant belongs only to the calling task: it is not inherited, and exec drops it.  It is a
 * bitmap of all 65536 ports, 0 = allowed.  The processor reads a copy in the TSS of the CPU.
 * arch_switch_to() makes that copy valid for tasks with a grant, and hides it from all others.
 * Grants of a task only grow, so a copy is stale only if it belongs to another task, or if the
 * grant has grown since.
 */
#include <neurath/arch.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include "ioport.h"
#include "segments.h"

#define IOPORT_COUNT	65536UL

void ioport_switch(struct cpu_arch *arch, struct task *next)
{
	if (likely(!next->ioports)) {
		arch->tss.io_bitmap = TSS_NO_BITMAP;
		return;
	}
	if (arch->bitmap_owner != next->ioports) {
		memcpy(arch->bitmap, next->ioports, IOPORT_BITMAP_SIZE);
		arch->bitmap_owner = next->ioports;
	}
	arch->tss.io_bitmap = TSS_BITMAP;
}

/* A new bitmap at the same address must not be taken for the old one on any CPU. */
static void ioport_forget(void *bitmap)
{
	for (unsigned int id = 0; id < nr_cpus; id++) {
		struct cpu_arch *arch = cpus[id].arch;

		cmpxchg(&arch->bitmap_owner, bitmap, NULL);
	}
}

void ioport_drop(struct task *task)
{
	void *bitmap = task->ioports;
	unsigned long flags;

	if (!bitmap)
		return;
	flags = irq_save();
	task->ioports = NULL;
	if (task == current)
		ioport_switch(this_cpu()->arch, task);
	irq_restore(flags);
	ioport_forget(bitmap);
	kfree(bitmap);
}

SYSCALL_DEFINE2(ioport_grant, unsigned long, base, unsigned long, count)
{
	unsigned long flags;
	u8 *bitmap = current->ioports;

	if (!is_superuser())
		return -EPERM;
	if (!count || base >= IOPORT_COUNT || count > IOPORT_COUNT - base)
		return -EINVAL;
	if (!bitmap) {
		bitmap = kmalloc(IOPORT_BITMAP_SIZE, GFP_KERNEL);
		if (!bitmap)
			return -ENOMEM;
		memset(bitmap, 0xff, IOPORT_BITMAP_SIZE);
	}
	for (unsigned long port = base; port < base + count; port++)
		bitmap[port / 8] &= (u8)~(1u << port % 8);
	/* Other CPUs may have an older copy; from now on the processor reads the new one. */
	ioport_forget(bitmap);
	flags = irq_save();
	current->ioports = bitmap;
	current->switch_extra = true;
	ioport_switch(this_cpu()->arch, current);
	irq_restore(flags);
	return 0;
}
