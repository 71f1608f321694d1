/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offsets and constants that the assembly files need; compiled to text only
 * (see <neurath/asm_define.h>).
 */
#include <neurath/asm_define.h>
#include <neurath/arch.h>
#include <neurath/hook.h>
#include <neurath/ptregs.h>
#include <neurath/task.h>

void asm_offsets(void);

void asm_offsets(void)
{
	ASM_OFFSET(CPU_TASK, struct cpu, task);
	ASM_OFFSET(CPU_KERNEL_STACK, struct cpu, kernel_stack);
	ASM_OFFSET(CPU_USER_RSP, struct cpu, user_rsp);

	ASM_OFFSET(CPU_APIC_ID, struct cpu, apic_id);
	ASM_OFFSET(CPU_IDLE_STACK, struct cpu, idle_stack);
	ASM_DEFINE(CPU_SIZE, sizeof(struct cpu));
	ASM_OFFSET(TASK_FLAGS, struct task, flags);
	ASM_DEFINE(EXIT_WORK_MASK, TIF_EXIT_WORK_MASK);
	ASM_DEFINE(ASM_KSTACK_SIZE, KSTACK_SIZE);

	ASM_OFFSET(TRACE_SITE_FUNC, struct trace_site, func);
	ASM_OFFSET(TRACE_SITE_GOES_TO, struct trace_site, goes_to);

	ASM_OFFSET(REGS_RBX, struct pt_regs, rbx);
	ASM_OFFSET(REGS_R11, struct pt_regs, r11);
	ASM_OFFSET(REGS_RAX, struct pt_regs, rax);
	ASM_OFFSET(REGS_RCX, struct pt_regs, rcx);
	ASM_OFFSET(REGS_ORIG_RAX, struct pt_regs, orig_rax);
	ASM_OFFSET(REGS_RIP, struct pt_regs, rip);
	ASM_OFFSET(REGS_CS, struct pt_regs, cs);
	ASM_OFFSET(REGS_EFLAGS, struct pt_regs, eflags);
	ASM_OFFSET(REGS_RSP, struct pt_regs, rsp);
	ASM_OFFSET(REGS_SS, struct pt_regs, ss);
	ASM_DEFINE(REGS_SIZE, sizeof(struct pt_regs));
}
