/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt lines: the interface of irq.c for the entry. */
#ifndef ARCH_X86_64_IRQ_H
#define ARCH_X86_64_IRQ_H

/* Calls the handler of @line, or records the edge if it is masked.  Interrupts are off. */
void irq_line_interrupt(unsigned int line);

/*
 * From now on the ISA line delivers an NMI to the boot CPU: 0; -EBUSY: it has a handler; -EINVAL:
 * it has no input.
 */
int irq_line_to_nmi(unsigned int line);

#endif
