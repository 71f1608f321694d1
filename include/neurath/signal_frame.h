/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface between generic delivery and the CPU's signal frames (arch/x86_64/signal.c).
 */
#ifndef NEURATH_SIGNAL_FRAME_H
#define NEURATH_SIGNAL_FRAME_H

#include <neurath/signal.h>

/* A signal taken for delivery, with its action at that moment. */
struct ksignal {
	int sig;
	struct k_sigaction action;
	siginfo_t info;
};

/*
 * Builds the frame on the user's stack and sets @regs to the handler; sigreturn restores @mask. 0
 * or -EFAULT, with @regs unchanged. (task)
 */
int arch_setup_signal_frame(struct ksignal *ks, sigset_t mask, struct pt_regs *regs);
/* A frame could not be built for, or restored after, @sig. */
void signal_frame_failed(int sig);
/* True if @sp is on current's alternate stack (which may then not be changed). */
bool signal_on_altstack(unsigned long sp);
/* sigaltstack(2) and the stack that sigreturn restores. @sp is the user's stack pointer. */
int signal_set_altstack(const stack_t *new, unsigned long sp);
void signal_get_altstack(stack_t *old, unsigned long sp);

#endif
