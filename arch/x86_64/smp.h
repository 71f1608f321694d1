/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: several CPUs. See smp.c, smpboot.c, cpu.c. */
#ifndef ARCH_X86_64_SMP_H
#define ARCH_X86_64_SMP_H

#include <neurath/arch.h>

/* The interrupt of smp_call_all(). */
void smp_call_interrupt(void);

/* Allocates descriptors and stacks of all CPUs of the MADT; sends them INIT. */
void smpboot_prepare(void);

/* Detects what the processor can do (boot CPU, once). */
void cpu_detect(void);
/* Control registers and MSRs of this CPU; after segments_load(). */
void cpu_setup(void);

/* An NMI of unknown origin is somebody's button: panic, to see all stacks. */
extern bool nmi_panics;

extern bool cpu_has_smap;
extern bool cpu_has_tsc_deadline;
extern bool cpu_is_virtual;

#endif
