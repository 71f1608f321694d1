/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended state (x87, SSE, AVX) of user tasks.
 *
 * The kernel itself uses only general registers.  So the extended registers contain the state of
 * the user task that ran last on this CPU, and arch_switch_to() always exchanges them.  A task's
 * area (task->fpu) is allocated with the task, has the standard (not compacted) xsave format, and
 * is valid while the task is off the CPU.  Without xsave, fxsave is used.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include <neurath/task.h>
#include "debugreg.h"
#include "fpu.h"
#include "ioport.h"
#include "x86.h"

#define FPU_MAX_SIZE		4096	/* AVX-512 needs 2696 */

#define XFEATURE_AVX		0x4UL
#define XFEATURE_AVX512		0xe0UL

#define FPU_XMM			160	/* offsets in the legacy area */
#define FPU_SOFTWARE		416	/* the CPU ignores the bytes from here on */
/* Default of the MXCSR mask if the area has none: not every CPU has bit 6 (DAZ). */
#define FPU_MXCSR_DEFAULT_MASK	0xffbfu

#define FPU_INITIAL_FCW		0x037f
#define FPU_INITIAL_MXCSR	0x1f80

bool fpu_use_xsave;
bool fpu_use_xsaveopt;
u32 fpu_mask;
static size_t fpu_size = FPU_LEGACY_SIZE;
static struct kmem_cache *fpu_cache;
static u8 fpu_initial[FPU_MAX_SIZE] __aligned(64);

size_t fpu_state_size(void)
{
	return fpu_size;
}

u64 fpu_features(void)
{
	return fpu_mask;
}

static u64 __init fpu_wanted_features(void)
{
	struct cpuid_regs r = cpuid(0xd, 0);
	u64 have = r.eax | (u64)r.edx << 32, want = XFEATURE_X87_SSE;

	want |= have & XFEATURE_AVX;
	if ((have & (XFEATURE_AVX | XFEATURE_AVX512)) == (XFEATURE_AVX | XFEATURE_AVX512))
		want |= XFEATURE_AVX512;
	return want;
}

void __init fpu_detect(void)
{
	u16 fcw = FPU_INITIAL_FCW;
	u32 mxcsr = FPU_INITIAL_MXCSR;

	memcpy(fpu_initial, &fcw, sizeof(fcw));
	memcpy(fpu_initial + FPU_MXCSR, &mxcsr, sizeof(mxcsr));
	if (!(cpuid(1, 0).ecx & (1u << 26)))
		return;
	fpu_use_xsave = true;
	fpu_mask = fpu_wanted_features();
	write_cr4(read_cr4() | CR4_OSXSAVE);
	xsetbv(0, fpu_mask);
	fpu_size = cpuid(0xd, 0).ebx;	/* for the features that are enabled in xcr0 now */
	fpu_use_xsaveopt = cpuid(0xd, 1).eax & 1;
	assert(fpu_size <= FPU_MAX_SIZE);
}

void fpu_setup_cpu(void)
{
	write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | (fpu_use_xsave ? CR4_OSXSAVE : 0));
	if (fpu_use_xsave)
		xsetbv(0, fpu_mask);
	fpu_restore(fpu_initial);
}

/*
 * Copies the complete initial state: xsaveopt does not write components in their initial state,
 * so contents from the area's previous owner would stay there and reach the new owner in a signal
 * frame.
 */
void *fpu_area_alloc(void)
{
	void *area;

	if (!fpu_cache)
		fpu_cache = kmem_cache_create("fpu", align_up(fpu_size, 64), 64);
	area = fpu_cache ? kmem_cache_alloc(fpu_cache, 0) : NULL;
	if (area)
		memcpy(area, fpu_initial, fpu_size);
	return area;
}

void fpu_area_free(void *area)
{
	kmem_cache_free(fpu_cache, area);
}

int arch_fpu_alloc(struct task *task)
{
	task->fpu = fpu_area_alloc();
	return task->fpu ? 0 : -ENOMEM;
}

void arch_fpu_copy(struct task *child)
{
	unsigned long flags = irq_save();

	assert(child->fpu && current->fpu);
	fpu_save(current->fpu);
	irq_restore(flags);
	memcpy(child->fpu, current->fpu, fpu_size);
}

void arch_fpu_reset(void)
{
	unsigned long flags = irq_save();

	memcpy(current->fpu, fpu_initial, fpu_size);
	fpu_restore(current->fpu);
	irq_restore(flags);
}

void arch_fpu_free(struct task *task)
{
	ioport_drop(task);
	debugreg_drop(task);
	if (task->fpu)
		fpu_area_free(task->fpu);
	task->fpu = NULL;
}

/* The components that the area contains; all others are in their initial state. */
static u64 *fpu_header(void *area)
{
	return area + FPU_LEGACY_SIZE;
}

void fpu_get_legacy(const void *area, void *fxsave)
{
	u64 have = fpu_use_xsave ? *fpu_header((void *)area) : XFEATURE_X87_SSE;

	memcpy(fxsave, area, FPU_LEGACY_SIZE);
	if (!(have & 1)) {
		memcpy(fxsave, fpu_initial, FPU_MXCSR);
		memcpy(fxsave + 32, fpu_initial + 32, FPU_XMM - 32);
	}
	if (!(have & 2))
		memset(fxsave + FPU_XMM, 0, FPU_SOFTWARE - FPU_XMM);
}

u32 fpu_valid_mxcsr(const void *area, u32 mxcsr)
{
	u32 mask = *(const u32 *)(area + FPU_MXCSR_MASK);

	return mxcsr & (mask ? mask : FPU_MXCSR_DEFAULT_MASK);
}

void fpu_set_legacy(void *area, const void *fxsave)
{
	u32 mxcsr = fpu_valid_mxcsr(area, *(const u32 *)(fxsave + FPU_MXCSR));

	memcpy(area, fxsave, FPU_MXCSR);
	WRITE_ONCE(*(u32 *)(area + FPU_MXCSR), mxcsr);
	memcpy(area + 32, fxsave + 32, FPU_SOFTWARE - 32);
	if (fpu_use_xsave)
		*fpu_header(area) |= XFEATURE_X87_SSE;
}

int fpu_exception_code(bool simd)
{
	static const u8 codes[] = { 7, 7, 3, 4, 5, 6 };	/* INV, (denormal), DIV, OVF, UND, RES */
	u32 mxcsr, pending;
	u16 sw, cw;

	if (simd) {
		asm volatile("stmxcsr %0" : "=m"(mxcsr));
		pending = mxcsr & ~(mxcsr >> 7) & 0x3f;
	} else {
		asm volatile("fnstsw %0; fnstcw %1" : "=m"(sw), "=m"(cw));
		pending = sw & ~cw & 0x3f;
	}
	return pending ? codes[__builtin_ctz(pending)] : codes[0];
}
