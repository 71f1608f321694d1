/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracing: events of the kernel, in rings that only their own CPU writes.
 *
 * An event is a trace point, which its site tests, and a description in the linker set
 * trace_event: names, the fields of its record, the text of a line.  A site is:
 *
 *	if (trace_is_on(sched_switch))
 *		trace_sched_switch(prev, next);
 *
 * and costs one comparison with memory and one branch while the event is off.
 *
 * There are three buffers, each with a ring for every CPU: the events that the administrator
 * requests (TRACE_MAIN, /sys/kernel/tracing); the events of live patching (TRACE_KLP, always on);
 * and switches, wake-ups and interrupts during a transition (TRACE_AROUND).  A point knows the
 * buffers that get its event.
 *
 * Writing works in any context, including NMIs, takes no lock and does not wait: write.c.
 */
#ifndef NEURATH_TRACE_H
#define NEURATH_TRACE_H

#include <neurath/arch.h>

enum trace_buffer_id { TRACE_MAIN, TRACE_KLP, TRACE_AROUND, TRACE_BUFFERS };
struct trace_filter;
#define TRACE_TRIGGERS	7	/* the bit for: something else happens with the event, too */

struct trace_point {
	/* (a) bit by enum trace_buffer_id: the buffers that get the event; and TRACE_TRIGGERS */
	u8 on;
	u16 id;			/* Linux's "common_type"; constant after trace_init() */
	struct trace_filter *filter;	/* which records TRACE_MAIN gets; NULL: all (trace_mutex) */
};

#define TRACE_POINT(name)	trace_point_##name
#define DECLARE_TRACE_POINT(name)	extern struct trace_point TRACE_POINT(name)

/* A plain read, one comparison with memory: it may be slightly out of date at any site. */
#define trace_is_on(name)	unlikely(TRACE_POINT(name).on)

/*
 * Writes one record to each buffer that gets the event: @size bytes at @data, at most
 * TRACE_DATA_MAX. (any)
 */
void trace_write(const struct trace_point *point, const void *data, unsigned size);
/* The same, but sleeping readers are woken only by the next record. (any) */
void trace_write_silent(const struct trace_point *point, const void *data, unsigned size);
#define TRACE_DATA_MAX		1024

/* ---- the sites: kernel/trace/events_*.c ------------------------------------------------- */
struct task;
struct call;

DECLARE_TRACE_POINT(sched_switch);
DECLARE_TRACE_POINT(sched_wakeup);
DECLARE_TRACE_POINT(sched_wakeup_new);
DECLARE_TRACE_POINT(sched_process_fork);
DECLARE_TRACE_POINT(sched_process_exec);
DECLARE_TRACE_POINT(sched_process_exit);
/* @preempted: @prev stays runnable. */
void trace_sched_switch(const struct task *prev, const struct task *next, bool preempted);
void trace_sched_wakeup(const struct task *task, unsigned cpu);
void trace_sched_wakeup_new(const struct task *task, unsigned cpu);
void trace_sched_process_fork(const struct task *child);
void trace_sched_process_exec(const char *file, pid_t old_pid);
void trace_sched_process_exit(void);

DECLARE_TRACE_POINT(sys_enter);
DECLARE_TRACE_POINT(sys_exit);
void trace_sys_enter(const struct pt_regs *regs);
void trace_sys_exit(const struct pt_regs *regs);

DECLARE_TRACE_POINT(irq_handler_entry);
DECLARE_TRACE_POINT(irq_handler_exit);
DECLARE_TRACE_POINT(vector_entry);
DECLARE_TRACE_POINT(vector_exit);
DECLARE_TRACE_POINT(ipi_send_cpu);
DECLARE_TRACE_POINT(nmi_handler);
void trace_irq_handler_entry(unsigned line);
void trace_irq_handler_exit(unsigned line);
void trace_vector_entry(unsigned vector);
void trace_vector_exit(unsigned vector);
/* @callsite requested it; @callback runs there, or NULL: the scheduler. */
void trace_ipi_send_cpu(unsigned cpu, unsigned long callsite, const void *callback);
void trace_nmi_handler(unsigned long rip);

DECLARE_TRACE_POINT(signal_generate);
DECLARE_TRACE_POINT(signal_deliver);
DECLARE_TRACE_POINT(task_kick);
void trace_signal_generate(int sig, int code, const struct task *task, bool group);
void trace_signal_deliver(int sig, int code, unsigned long handler, unsigned long flags);
void trace_task_kick(const struct task *task);

DECLARE_TRACE_POINT(call_begin);
DECLARE_TRACE_POINT(call_end);
void trace_call_begin(const char *server, u64 port, const char *op, u64 tag);
void trace_call_end(const char *server, u64 port, const char *op, u64 tag, u64 begun_ns,
		    long status);

DECLARE_TRACE_POINT(page_fault_user);
DECLARE_TRACE_POINT(page_fault_kernel);
void trace_page_fault_user(unsigned long address, unsigned long ip, unsigned long error);
void trace_page_fault_kernel(unsigned long address, unsigned long ip, unsigned long error);

/* ---- live patching ---------------------------------------------------------------------- */
/* How a task reached its target. events_livepatch.c has the numbers and words. */
enum trace_klp_how {
	TRACE_KLP_EXIT, TRACE_KLP_OWN_STACK, TRACE_KLP_ASLEEP, TRACE_KLP_IDLE, TRACE_KLP_INHERITED,
	TRACE_KLP_DEATH, TRACE_KLP_FORCE, TRACE_KLP_TAKEN_BACK, TRACE_KLP_INTERRUPTED
};
enum trace_klp_step {
	TRACE_KLP_INIT, TRACE_KLP_START, TRACE_KLP_REVERSE, TRACE_KLP_COMPLETING,
	TRACE_KLP_COMPLETE, TRACE_KLP_SIGNAL, TRACE_KLP_FORCED
};
struct klp_judgement;

DECLARE_TRACE_POINT(klp_transition);
DECLARE_TRACE_POINT(klp_flag);
DECLARE_TRACE_POINT(klp_look);
DECLARE_TRACE_POINT(klp_switch);
DECLARE_TRACE_POINT(klp_round);
DECLARE_TRACE_POINT(klp_slots);
DECLARE_TRACE_POINT(klp_barrier);
DECLARE_TRACE_POINT(klp_callback);
void trace_klp_transition(const char *patch, enum trace_klp_step step, int target);
void trace_klp_flag(const struct task *task);
/* A task that may not change over yet, by the numbers of klp_task.h, and its stack. */
void trace_klp_look(const struct task *task, int verdict, int reason, unsigned long addr,
		    const unsigned long *stack, unsigned n);
void trace_klp_switch(const struct task *task, enum trace_klp_how how, int state);
void trace_klp_round(unsigned long callsite, bool end);
void trace_klp_slots(unsigned n, bool end);
void trace_klp_barrier(char letter);
void trace_klp_callback(const char *object, const char *which, bool end, int result);

/* Allocates the rings of TRACE_MAIN before a tracer is turned on: 0, -ENOMEM. (task) */
int trace_main_reserve(void);
/* Sets the tracer's name in the head of `trace`. */
void trace_set_tracer(const char *name);
/* Turns the recording of hooked returns on or off. (any) */
void trace_graph_record_returns(bool on);
/*
 * Logs one line: a write to @file of /sys/kernel/tracing was refused for the first @len bytes at
 * @text, and why.  Returns -EINVAL. (task)
 */
int trace_refuse(const char *file, const char *text, size_t len, const char *why);
/* True if @text matches the first @len bytes of @pattern: '*', '?', "[a-z]", "[!a]". */
bool trace_glob(const char *pattern, size_t len, const char *text);
/* Ids, files, and the rings of live patching. (boot, after kernfs_init()) */
void trace_init(void);
/* Called in the interrupt that a writer requested by arch_raise_trace_interrupt(). */
void trace_interrupt(void);
/* current is about to lose its name: lines about it shall still show the name. */
void trace_note_comm(void);
/* Makes room in TRACE_KLP for a transition of @nr_tasks tasks: 0 or -ENOMEM. (task) */
int trace_klp_reserve(unsigned nr_tasks);
/* Turns the recording of events around a transition on or off. (task) */
void trace_klp_around(bool on);

#endif
