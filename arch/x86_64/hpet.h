/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the registers of the HPET (IA-PC HPET specification 1.0a, 2.3). */
#ifndef ARCH_X86_64_HPET_H
#define ARCH_X86_64_HPET_H

#include <neurath/types.h>

/* Indices of registers with 64 bits. */
#define HPET_CAPABILITIES	(0x000 / 8)
#define HPET_CONFIG		(0x010 / 8)
#define HPET_COUNTER		(0x0f0 / 8)
#define HPET_TIMER_0		(0x100 / 8)
#define HPET_COMPARATOR_0	(0x108 / 8)

#define HPET_CAN_REPLACE	(1u << 15)	/* capability of HPET_REPLACE */
#define HPET_ENABLE		(1u << 0)
#define HPET_REPLACE		(1u << 1)	/* timer 0 is the ISA line of the PIT */
#define HPET_TIMER_ON		(1u << 2)
#define HPET_TIMER_32		(1u << 8)	/* the comparator has 32 bits */

/* NULL: there is none.  Set in clock_begin(). */
extern volatile u64 *hpet;

#endif
