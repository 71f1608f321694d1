/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signal frames of the Linux x86_64 ABI, and the return from them.
 *
 * From the interrupted stack pointer downwards: the red zone (or the top of the alternate stack),
 * the xsave image with 64-byte alignment, and struct signal_frame, placed so that the handler's
 * stack is aligned as after a call.  Programs read and change the frame; sigreturn checks every
 * value that could affect the kernel.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/signal_frame.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include "fpu.h"
#include "segments.h"
#include "x86.h"

#define RED_ZONE		128

#define UC_FP_XSTATE		1
#define UC_SIGCONTEXT_SS	2
#define UC_STRICT_RESTORE_SS	4

/* Cleared at the start of a handler: DF, RF, TF. */
#define EFLAGS_HANDLER_CLEAR	0x10500UL

/* sigcontext of the ABI. */
struct signal_context {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
};

struct signal_ucontext {
	u64 flags;
	u64 link;
	stack_t stack;
	struct signal_context mc;
	u64 sigmask;
};

struct signal_frame {
	u64 restorer;			/* return address of the handler */
	struct signal_ucontext uc;
	siginfo_t info;			/* written for SA_SIGINFO only */
};

_Static_assert(sizeof(struct signal_context) == 256, "sigcontext of the ABI");
_Static_assert(sizeof(struct signal_ucontext) == 304, "ucontext of the ABI");
_Static_assert(offsetof(struct signal_frame, info) == 312, "rt_sigframe of the ABI");

/* ---- extended state ------------------------------------------------------- */

#define XSAVE_SW_BYTES		464
#define XSAVE_MAGIC1		0x46505853u
#define XSAVE_MAGIC2		0x46505845u

/* In the bytes of the legacy area that the CPU reserves for software. */
struct xsave_sw {
	u32 magic1;
	u32 extended_size;		/* with magic2 behind the image */
	u64 features;
	u32 size;
	u32 padding[7];
};

static bool signal_has_xsave(void)
{
	return fpu_features() != 0;
}

static size_t signal_fp_size(void)
{
	return fpu_state_size() + (signal_has_xsave() ? sizeof(u32) : 0);
}

unsigned long arch_signal_frame_size(void)
{
	return align_up(RED_ZONE + sizeof(struct signal_frame) + signal_fp_size() + 64 + 16, 64);
}

/* The registers contain current's state: save it to its area first, then to the user. */
static int signal_save_fp(unsigned long to)
{
	struct xsave_sw *sw = current->fpu + XSAVE_SW_BYTES;
	size_t size = fpu_state_size();
	unsigned long flags = irq_save();

	fpu_save(current->fpu);
	irq_restore(flags);
	if (!signal_has_xsave()) {
		memset(sw, 0, sizeof(*sw));
		return copy_to_user((void __user *)to, current->fpu, size);
	}
	*sw = (struct xsave_sw){
		.magic1 = XSAVE_MAGIC1,
		.extended_size = size + sizeof(u32),
		.features = fpu_features(),
		.size = size,
	};
	if (copy_to_user((void __user *)to, current->fpu, size))
		return -EFAULT;
	return put_user(XSAVE_MAGIC2, (u32 __user *)(to + size));
}

/* Makes an image that the CPU can load without a fault, whatever the user wrote. */
static void signal_sanitise_fp(u8 *image, bool extended)
{
	u32 *mxcsr = (u32 *)(image + FPU_MXCSR);
	u64 *header = (u64 *)(image + FPU_LEGACY_SIZE);

	*mxcsr = fpu_valid_mxcsr(current->fpu, *mxcsr);
	if (!signal_has_xsave())
		return;
	header[0] = extended ? header[0] & fpu_features() : XFEATURE_X87_SSE;
	/* No compaction, reserved bytes are zero. */
	memset(header + 1, 0, FPU_HEADER_SIZE - sizeof(u64));
}

/* True if the user's image is a complete xsave area of this size, with extended state. */
static bool signal_fp_is_extended(const u8 *legacy, unsigned long from)
{
	const struct xsave_sw *sw = (const struct xsave_sw *)(legacy + XSAVE_SW_BYTES);
	u32 magic2;

	if (!signal_has_xsave() || sw->magic1 != XSAVE_MAGIC1 || sw->size != fpu_state_size())
		return false;
	return !get_user(magic2, (u32 __user *)(from + sw->size)) && magic2 == XSAVE_MAGIC2;
}

static int signal_read_fp(u8 *image, unsigned long from)
{
	const u8 __user *src = (const u8 __user *)from;
	bool extended;

	if (copy_from_user(image, src, FPU_LEGACY_SIZE))
		return -EFAULT;
	extended = signal_fp_is_extended(image, from);
	if (extended && copy_from_user(image + FPU_LEGACY_SIZE, src + FPU_LEGACY_SIZE,
				       fpu_state_size() - FPU_LEGACY_SIZE))
		return -EFAULT;
	signal_sanitise_fp(image, extended);
	return 0;
}

/*
 * Reads into a new area, which then replaces the task's: reading user memory may sleep, and the
 * switch would write to the task's area.
 */
static int signal_restore_fp(unsigned long from)
{
	void *image, *old = current->fpu;
	unsigned long flags;

	if (!from) {
		arch_fpu_reset();
		return 0;
	}
	image = fpu_area_alloc();
	if (!image)
		return -ENOMEM;
	if (signal_read_fp(image, from)) {
		fpu_area_free(image);
		return -EFAULT;
	}
	flags = irq_save();
	fpu_restore(image);
	current->fpu = image;
	irq_restore(flags);
	fpu_area_free(old);
	return 0;
}

/* ---- build ------------------------------------------------------------------- */

/* The lowest address of the xsave image; 0 = no room. */
static unsigned long signal_choose_stack(const struct ksignal *ks, const struct pt_regs *regs)
{
	unsigned long sp = regs->rsp - RED_ZONE;
	bool on_alt = signal_on_altstack(regs->rsp);
	const stack_t *alt = &current->altstack;

	if ((ks->action.sa.flags & SA_ONSTACK) && !on_alt && alt->ss_size) {
		sp = (unsigned long)alt->ss_sp + alt->ss_size;
		on_alt = true;
	}
	sp = align_down(sp - signal_fp_size(), 64);
	/*
	 * A handler on the alternate stack that needs more room than there is must not write
	 * beyond its end.
	 */
	if (on_alt && sp - sizeof(struct signal_frame) - 16 < (unsigned long)alt->ss_sp)
		return 0;
	return sp;
}

static void signal_fill_context(struct signal_context *mc, const struct pt_regs *regs,
				sigset_t mask, unsigned long fp)
{
	*mc = (struct signal_context){
		.r8 = regs->r8, .r9 = regs->r9, .r10 = regs->r10, .r11 = regs->r11,
		.r12 = regs->r12, .r13 = regs->r13, .r14 = regs->r14, .r15 = regs->r15,
		.rdi = regs->rdi, .rsi = regs->rsi, .rbp = regs->rbp, .rbx = regs->rbx,
		.rdx = regs->rdx, .rax = regs->rax, .rcx = regs->rcx, .rsp = regs->rsp,
		.rip = regs->rip, .eflags = regs->eflags,
		.cs = USER_CS, .ss = USER_DS,
		.err = current->trap_error, .trapno = current->trap_nr,
		.oldmask = mask, .cr2 = current->trap_addr,
		.fpstate = fp,
	};
}

static void signal_start_handler(const struct ksignal *ks, struct pt_regs *regs,
				 unsigned long frame)
{
	regs->rdi = ks->sig;
	regs->rsi = frame + offsetof(struct signal_frame, info);
	regs->rdx = frame + offsetof(struct signal_frame, uc);
	regs->rax = 0;
	regs->rip = ks->action.sa.handler;
	regs->rsp = frame;
	regs->eflags &= ~EFLAGS_HANDLER_CLEAR;
}

int arch_setup_signal_frame(struct ksignal *ks, sigset_t mask, struct pt_regs *regs)
{
	unsigned long fp = signal_choose_stack(ks, regs);
	/* As after a call: the return address makes it unaligned. */
	unsigned long at = align_down(fp - sizeof(struct signal_frame), 16) - 8;
	struct signal_frame __user *frame = (struct signal_frame __user *)at;
	struct {
		u64 restorer;
		struct signal_ucontext uc;
	} head;

	if (!fp || at >= fp || !(ks->action.sa.flags & SA_RESTORER))
		return -EFAULT;
	if (signal_save_fp(fp))
		return -EFAULT;
	head.restorer = ks->action.sa.restorer;
	head.uc.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS |
			(signal_has_xsave() ? UC_FP_XSTATE : 0);
	head.uc.link = 0;
	signal_get_altstack(&head.uc.stack, regs->rsp);
	signal_fill_context(&head.uc.mc, regs, mask, fp);
	head.uc.sigmask = mask;
	if (copy_to_user(frame, &head, sizeof(head)))
		return -EFAULT;
	if ((ks->action.sa.flags & SA_SIGINFO) &&
	    copy_to_user(&frame->info, &ks->info, sizeof(ks->info)))
		return -EFAULT;
	if (current->altstack.ss_flags & SS_AUTODISARM)
		current->altstack = (stack_t){ .ss_flags = SS_DISABLE };
	signal_start_handler(ks, regs, at);
	return 0;
}

/* ---- return ----------------------------------------------------------------- */

static void signal_restore_context(struct pt_regs *regs, const struct signal_context *mc)
{
	regs->r8 = mc->r8;
	regs->r9 = mc->r9;
	regs->r10 = mc->r10;
	regs->r11 = mc->r11;
	regs->r12 = mc->r12;
	regs->r13 = mc->r13;
	regs->r14 = mc->r14;
	regs->r15 = mc->r15;
	regs->rdi = mc->rdi;
	regs->rsi = mc->rsi;
	regs->rbp = mc->rbp;
	regs->rbx = mc->rbx;
	regs->rdx = mc->rdx;
	regs->rax = mc->rax;
	regs->rcx = mc->rcx;
	regs->rsp = mc->rsp;
	regs->rip = mc->rip;
	regs->eflags = (regs->eflags & ~EFLAGS_USER) | (mc->eflags & EFLAGS_USER);
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	/* No system call any more: there is nothing to restart. */
	regs->orig_rax = -1UL;
}

/* The exit code checks that rip is canonical; every other register may have any value. */
SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *user = kstack_user_regs(current->stack);
	struct signal_frame __user *frame = (struct signal_frame __user *)(user->rsp - 8);
	struct signal_ucontext uc;

	if (copy_from_user(&uc, &frame->uc, sizeof(uc)) || signal_restore_fp(uc.mc.fpstate)) {
		signal_frame_failed(0);
		return 0;
	}
	set_current_blocked(uc.sigmask);
	current->restart.fn = NULL;
	signal_restore_context(user, &uc.mc);
	/* An error in the stack belongs to the program; it keeps its old alternate stack. */
	(void)signal_set_altstack(&uc.stack, user->rsp);
	return user->rax;
}
