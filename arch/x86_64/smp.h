/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: several CPUs. See smp.c, smpboot.c, cpu.c. */
#ifndef ARCH_X86_64_SMP_H
#define ARCH_X86_64_SMP_H

#include <neurath/arch.h>

/* The interrupt of smp_call_all(). */
void smp_call_interrupt(void);

/* Allocates descriptors and stacks of all CPUs of the MADT; sends them INIT. */
void smpboot_prepare(void);

/* Detects the features of the processor (boot CPU, once). */
void cpu_detect(void);
/* Sets control registers and MSRs of this CPU; after segments_load(). */
void cpu_setup(void);

/* An NMI of unknown origin is the NMI button: panic, to show all stacks. */
extern bool nmi_panics;
/* nmi_timer.c: true if this NMI is that of the timer, which is started again. (NMI) */
bool nmi_timer_came(void);
/* After it: true if this CPU is stuck, once; nmi_timer_report() then says so elsewhere. (NMI) */
bool nmi_timer_is_stuck(const struct pt_regs *regs);
void nmi_timer_report(const struct pt_regs *regs);
/* Logs the unknown NMIs of this CPU. (log interrupt) */
void nmi_report(void);

extern bool cpu_has_smap;
extern bool cpu_has_tsc_deadline;
extern bool cpu_is_virtual;

/*
 * Waits until other CPUs have answered a request.  The caller has interrupts on (it must answer
 * if another CPU asks at the same time) and holds a lock, so there is one request at a time.
 * Virtual CPUs share real ones: while a waiting CPU spins, the CPUs for which it waits may not
 * run.  So it halts after a while, and the last CPU that answers wakes it.
 */
struct smp_answers {
	u64 waiting;			/* (a) CPUs that have not answered */
	unsigned int caller;		/* CPU to wake when all have answered */
	bool halted;			/* (a) the caller halts while it waits */
};
void smp_answers_expect(struct smp_answers *a, u64 cpus_asked);	/* call it before asking */
void smp_answer(struct smp_answers *a);				/* from the interrupt */
void smp_answers_wait(struct smp_answers *a);

#endif
