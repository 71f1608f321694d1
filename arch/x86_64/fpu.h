/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the extended state of user tasks, see fpu.c. */
#ifndef ARCH_X86_64_FPU_H
#define ARCH_X86_64_FPU_H

#include <neurath/types.h>

/* The area: that of fxsave; with xsave followed by a header and the other components. */
#define FPU_LEGACY_SIZE		512
#define FPU_HEADER_SIZE		64
#define FPU_MXCSR		24	/* offsets in the legacy area */
#define FPU_MXCSR_MASK		28
#define XFEATURE_X87_SSE	0x3UL

/* Finds the size and the features of the state (boot CPU, once, before fpu_setup_cpu()). */
void fpu_detect(void);
/* Enables the FPU on this CPU. */
void fpu_setup_cpu(void);
/* Size of a task's area and its feature mask; for signal frames. */
size_t fpu_state_size(void);
u64 fpu_features(void);
/* An area with the initial state, or NULL. */
void *fpu_area_alloc(void);
void fpu_area_free(void *area);
/*
 * Copies x87 and SSE state of an area as 512 bytes in the format of fxsave, and back.  The task
 * that owns the area is off its CPU; the written state must be loadable at any moment.
 */
void fpu_get_legacy(const void *area, void *fxsave);
void fpu_set_legacy(void *area, const void *fxsave);
/* The bits of @mxcsr that the CPU accepts; @area was saved by this CPU. */
u32 fpu_valid_mxcsr(const void *area, u32 mxcsr);
/* The si_code of a floating-point exception of current. */
int fpu_exception_code(bool simd);


/* ---- save and restore, inlined in the switch -------------------------------- */

extern bool fpu_use_xsave, fpu_use_xsaveopt;	/* constant after fpu_detect() */
extern u32 fpu_mask;				/* the features in use: none above bit 31 */

/* Saves the registers of this CPU to an area; interrupts off. */
static __always_inline void fpu_save(void *area)
{
	if (likely(fpu_use_xsaveopt))
		asm volatile("xsaveopt64 (%0)" : : "r"(area), "a"(fpu_mask), "d"(0) : "memory");
	else if (fpu_use_xsave)
		asm volatile("xsave64 (%0)" : : "r"(area), "a"(fpu_mask), "d"(0) : "memory");
	else
		asm volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

/* Restores them. */
static __always_inline void fpu_restore(const void *area)
{
	if (likely(fpu_use_xsave))
		asm volatile("xrstor64 (%0)" : : "r"(area), "a"(fpu_mask), "d"(0) : "memory");
	else
		asm volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

#endif
