/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: I/O ports of user tasks, see ioport.c. */
#ifndef ARCH_X86_64_IOPORT_H
#define ARCH_X86_64_IOPORT_H

struct cpu_arch;
struct task;

/* Makes the ports of @next, and no others, usable on this CPU.  Interrupts off. */
void ioport_switch(struct cpu_arch *arch, struct task *next);
/* Drops the grant: at exec (current), or when the task is freed. */
void ioport_drop(struct task *task);

#endif
