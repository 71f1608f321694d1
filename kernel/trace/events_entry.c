/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of the entries to the kernel: system calls, interrupts, interrupts between CPUs, page
 * faults, NMIs.  Names, fields and texts are Linux's where Linux has them.  The vectors of the
 * processor are one event here, with the name of the vector.
 */
#include "internal.h"

/* ---- system calls ----------------------------------------------------------------------- */

#define SYS_ENTER(F, A, T)	F(T, long, id) A(T, unsigned long, args, 6)
TRACE_RECORD(sys_enter, SYS_ENTER);
TRACE_EVENT(raw_syscalls, sys_enter, sys_enter, SYS_ENTER,
	    "\"NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)\", REC->id, REC->args[0], REC->args[1], "
	    "REC->args[2], REC->args[3], REC->args[4], REC->args[5]");

notrace void trace_sys_enter(const struct pt_regs *regs)
{
	struct trace_data_sys_enter e = {
		.id = (unsigned)regs->orig_rax,
		.args = { regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9 },
	};

	trace_write(&TRACE_POINT(sys_enter), &e, sizeof(e));
}

#define SYS_EXIT(F, A, T)	F(T, long, id) F(T, long, ret)
TRACE_RECORD(sys_exit, SYS_EXIT);
TRACE_EVENT(raw_syscalls, sys_exit, sys_exit, SYS_EXIT, "\"NR %ld = %ld\", REC->id, REC->ret");

notrace void trace_sys_exit(const struct pt_regs *regs)
{
	struct trace_data_sys_exit e = {
		.id = (unsigned)regs->orig_rax, .ret = (long)regs->rax };

	trace_write(&TRACE_POINT(sys_exit), &e, sizeof(e));
}

/* ---- interrupts ------------------------------------------------------------------------- */

#define IRQ(F, A, T)	F(T, int, irq)
TRACE_RECORD(irq, IRQ);
TRACE_EVENT(irq, irq_handler_entry, irq, IRQ, "\"irq=%d\", REC->irq");
TRACE_EVENT(irq, irq_handler_exit, irq, IRQ, "\"irq=%d\", REC->irq");

notrace void trace_irq_handler_entry(unsigned line)
{
	struct trace_data_irq e = { (int)line };

	trace_write(&TRACE_POINT(irq_handler_entry), &e, sizeof(e));
}

notrace void trace_irq_handler_exit(unsigned line)
{
	struct trace_data_irq e = { (int)line };

	trace_write(&TRACE_POINT(irq_handler_exit), &e, sizeof(e));
}

#define VECTOR(F, A, T)	F(T, int, vector)
#define VECTOR_TEXT \
	"\"vector=%d %s\", REC->vector, __print_symbolic(REC->vector, { 235, \"log\" }, " \
	"{ 236, \"timer\" }, { 237, \"reschedule\" }, { 238, \"call\" }, { 239, \"tlb\" })"
TRACE_RECORD(vector, VECTOR);
TRACE_EVENT(irq_vectors, vector_entry, vector, VECTOR, VECTOR_TEXT);
TRACE_EVENT(irq_vectors, vector_exit, vector, VECTOR, VECTOR_TEXT);

notrace void trace_vector_entry(unsigned vector)
{
	struct trace_data_vector e = { (int)vector };

	trace_write(&TRACE_POINT(vector_entry), &e, sizeof(e));
}

notrace void trace_vector_exit(unsigned vector)
{
	struct trace_data_vector e = { (int)vector };

	trace_write(&TRACE_POINT(vector_exit), &e, sizeof(e));
}

#define IPI(F, A, T) \
	F(T, unsigned int, cpu) F(T, unsigned long, callsite) F(T, unsigned long, callback)
TRACE_RECORD(ipi_send_cpu, IPI);
TRACE_EVENT(ipi, ipi_send_cpu, ipi_send_cpu, IPI,
	    "\"cpu=%u callsite=%pS callback=%pS\", REC->cpu, (void *)REC->callsite, "
	    "(void *)REC->callback");

notrace void trace_ipi_send_cpu(unsigned cpu, unsigned long callsite, const void *callback)
{
	struct trace_data_ipi_send_cpu e = { cpu, callsite, (unsigned long)callback };

	trace_write(&TRACE_POINT(ipi_send_cpu), &e, sizeof(e));
}

#define NMI(F, A, T)	F(T, unsigned long, ip)
TRACE_RECORD(nmi_handler, NMI);
TRACE_EVENT(nmi, nmi_handler, nmi_handler, NMI, "\"ip=%pS\", (void *)REC->ip");

notrace void trace_nmi_handler(unsigned long rip)
{
	struct trace_data_nmi_handler e = { rip };

	trace_write_silent(&TRACE_POINT(nmi_handler), &e, sizeof(e));
}

/* ---- page faults ------------------------------------------------------------------------ */

#define FAULT(F, A, T) \
	F(T, unsigned long, address) F(T, unsigned long, ip) F(T, unsigned long, error_code)
#define FAULT_TEXT \
	"\"address=0x%lx ip=%pS error_code=0x%lx\", REC->address, (void *)REC->ip, REC->error_code"
TRACE_RECORD(page_fault, FAULT);
TRACE_EVENT(exceptions, page_fault_user, page_fault, FAULT, FAULT_TEXT);
TRACE_EVENT(exceptions, page_fault_kernel, page_fault, FAULT, FAULT_TEXT);

notrace void trace_page_fault_user(unsigned long address, unsigned long ip, unsigned long error)
{
	struct trace_data_page_fault e = { address, ip, error };

	trace_write(&TRACE_POINT(page_fault_user), &e, sizeof(e));
}

notrace void trace_page_fault_kernel(unsigned long address, unsigned long ip, unsigned long error)
{
	struct trace_data_page_fault e = { address, ip, error };

	trace_write(&TRACE_POINT(page_fault_kernel), &e, sizeof(e));
}
