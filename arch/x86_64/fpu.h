/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the extended state of user tasks, see fpu.c. */
#ifndef ARCH_X86_64_FPU_H
#define ARCH_X86_64_FPU_H

#include <neurath/types.h>

/* Finds size and features of the state (boot CPU, once, before fpu_setup_cpu()). */
void fpu_detect(void);
/* Enables the FPU on this CPU. */
void fpu_setup_cpu(void);
/* Size of a task's area and its feature mask; for signal frames. */
size_t fpu_state_size(void);
u64 fpu_features(void);
/* An area with nothing in it, or NULL. */
void *fpu_area_alloc(void);
void fpu_area_free(void *area);
/* The registers of this CPU into an area, and back; interrupts off. */
void fpu_save(void *area);
void fpu_restore(const void *area);
/* The si_code of a floating-point exception of current. */
int fpu_exception_code(bool simd);

#endif
