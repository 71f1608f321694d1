/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls register themselves: SYSCALL_DEFINEn(name, nr, type, arg, ...)
 * System calls register themselves: SYSCALL_DEFINEn(name, nr, type, arg, ...) next to the code
 * that implements them.  The entry is __x64_sys_name(regs), a function with an entry slot that a
 * live patch can name.  Numbers and semantics are Linux's; Neurath's own numbers start at 1024
 * (uapi/syscall_nr.h).
 *
 * A call returns a value >= 0 or a negative errno, among them the ERESTART
 * family.
 */
#ifndef NEURATH_SYSCALL_H
#define NEURATH_SYSCALL_H

#include <neurath/errno.h>
#include <neurath/ptregs.h>
#include <uapi/syscall_nr.h>

typedef long (*syscall_fn_t)(const struct pt_regs *regs);

struct syscall_def {
	unsigned nr;
	syscall_fn_t fn;
	const char *name;
};

#define SYSCALL_MAX	1100

#define SC_ARG1		regs->rdi
#define SC_ARG2		regs->rsi
#define SC_ARG3		regs->rdx
#define SC_ARG4		regs->r10
#define SC_ARG5		regs->r8
#define SC_ARG6		regs->r9

#define SC_HEAD(name) \
	long __x64_sys_##name(const struct pt_regs *regs); \
	SET_ENTRY(syscall, struct syscall_def, syscall_def_##name) = { \
		__NR_##name, __x64_sys_##name, #name };
#define SYSCALL_DEFINE0(name) \
	SC_HEAD(name) \
	long __x64_sys_##name(const struct pt_regs *regs)
#define SYSCALL_DEFINE1(name, t1, a1) \
	SC_HEAD(name) \
	static __always_inline long sys_body_##name(t1 a1); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ return sys_body_##name((t1)SC_ARG1); } \
	static __always_inline long sys_body_##name(t1 a1)
#define SYSCALL_DEFINE2(name, t1, a1, t2, a2) \
	SC_HEAD(name) \
	static __always_inline long sys_body_##name(t1 a1, t2 a2); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ return sys_body_##name((t1)SC_ARG1, (t2)SC_ARG2); } \
	static __always_inline long sys_body_##name(t1 a1, t2 a2)
#define SYSCALL_DEFINE3(name, t1, a1, t2, a2, t3, a3) \
	SC_HEAD(name) \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ return sys_body_##name((t1)SC_ARG1, (t2)SC_ARG2, (t3)SC_ARG3); } \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3)
#define SYSCALL_DEFINE4(name, t1, a1, t2, a2, t3, a3, t4, a4) \
	SC_HEAD(name) \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3, t4 a4); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ return sys_body_##name((t1)SC_ARG1, (t2)SC_ARG2, (t3)SC_ARG3, (t4)SC_ARG4); } \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3, t4 a4)
#define SYSCALL_DEFINE5(name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	SC_HEAD(name) \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ return sys_body_##name((t1)SC_ARG1, (t2)SC_ARG2, (t3)SC_ARG3, (t4)SC_ARG4, \
				 (t5)SC_ARG5); } \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5)
#define SYSCALL_DEFINE6(name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) \
	SC_HEAD(name) \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6); \
	long __x64_sys_##name(const struct pt_regs *regs) \
	{ return sys_body_##name((t1)SC_ARG1, (t2)SC_ARG2, (t3)SC_ARG3, (t4)SC_ARG4, \
				 (t5)SC_ARG5, (t6)SC_ARG6); } \
	static __always_inline long sys_body_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6)

/* True for the codes that must not reach user mode: 512 to 516. */
static __always_inline bool is_restart_code(long ret)
{
	return (unsigned long)(ret + ERESTART_RESTARTBLOCK) <= ERESTART_RESTARTBLOCK - ERESTARTSYS;
}

/* Fills the table from the set; panics on a number used twice. */
void syscall_init(void);
/* Called by the syscall entry with interrupts on: dispatches, stores rax, exit work. */
void syscall_dispatch(struct pt_regs *regs);
/* The only way to user mode; called and left with interrupts off. */
void exit_to_user_mode_loop(struct pt_regs *regs);

#endif
