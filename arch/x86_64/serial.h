/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: see serial.c. */
#ifndef ARCH_X86_64_SERIAL_H
#define ARCH_X86_64_SERIAL_H

/* Programs the port; before the first serial_write(). */
void serial_init(void);

#endif
