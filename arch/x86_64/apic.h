/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC (xAPIC or x2APIC).
 *
 * Private to arch/x86_64.  The lapic_ functions act on the local APIC of the CPU on which they
 * run, and may be called in any context unless noted.
 */
#ifndef ARCH_X86_64_APIC_H
#define ARCH_X86_64_APIC_H

#include <neurath/arch.h>

/* Delivery modes of lapic_send(). */
#define APIC_FIXED	0x000
#define APIC_NMI	0x400
#define APIC_INIT	0x500
#define APIC_STARTUP	0x600

/* Masks the old PICs and finds the mode of the local APICs.  Boot CPU, once. */
void lapic_setup(void);
/* Enables the local APIC of this CPU; masks all local interrupts except its own. */
void lapic_enable(void);
unsigned int lapic_id(void);
void lapic_eoi(void);
/* Sends one interprocessor interrupt to the CPU with this APIC id. */
void lapic_send(unsigned int apic_id, u32 mode, u8 vector);
/* Sends one to this CPU. (NMI) */
void lapic_send_self(u8 vector);

/* The timer counts down once from @count (0 stops it), in steps of the divided bus clock. */
void lapic_timer_start(u32 count);
u32 lapic_timer_count(void);
/* One-shot (false) or TSC-deadline (true) mode with VECTOR_TIMER. */
void lapic_timer_mode(bool deadline);

#endif
