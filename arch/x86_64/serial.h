/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the serial port, see serial.c. */
#ifndef ARCH_X86_64_SERIAL_H
#define ARCH_X86_64_SERIAL_H

#include <neurath/types.h>

/* Programs the port; call before the first serial_write(). */
void serial_init(void);

#define SERIAL_IRQ	4
/* At each interrupt of the line: the letter after a BREAK, or -1.  @now in ns. (irq) */
int serial_sysrq_key(u64 now);

#endif
