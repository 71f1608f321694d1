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

/*
 * Waiting for other CPUs to answer a request.  The caller has interrupts on (asked at the
 * same time by another, it must answer) and holds a lock, so there is one request at
 * a time.  Virtual CPUs share real ones: while a waiting one spins, those it waits for
 * may not get to run.  So it halts after a while, and the last to answer wakes it.
 */
struct smp_answers {
	u64 waiting;			/* (a) CPUs that have not answered */
	unsigned int caller;		/* CPU to wake when all have */
	bool halted;			/* (a) it waits halted */
};
void smp_answers_expect(struct smp_answers *a, u64 cpus_asked);	/* before they are asked */
void smp_answer(struct smp_answers *a);				/* from the interrupt */
void smp_answers_wait(struct smp_answers *a);

#endif
