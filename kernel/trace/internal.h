/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations that the files of kernel/trace/ share.
 *
 *	write.c		writing records, from any context
 *	ring.c		the rings: sizes, reading, losses
 *	event.c		the table of events: ids, and which buffer gets which event
 *	events_*.c	the events, a file a subsystem
 *	print.c		a record as the text of its event
 *	comm.c		the names of tasks, also of dead ones
 *	text.c		a record as a line of `trace`
 *	stack_write.c	stack traces behind other records
 *	stack.c		their event, and the options that ask for them
 *	graph_write.c	what the function graph tracer writes
 *	graph.c		its records as text
 *	read.c		`trace` and `trace_pipe`
 *	raw.c		`per_cpu/cpuN/trace_pipe_raw`: records as pages in Linux's format
 *	files.c		the control files below /sys/kernel/tracing
 *	event_files.c	`events/`, `set_event`
 *	marker.c	`trace_marker`
 *	switch_write.c	which CPUs accept records
 *	switch.c	`tracing_on`, `tracing_cpumask`
 *	trigger_write.c	what else happens with an event
 *	trigger.c	`events/SYSTEM/EVENT/trigger`
 *	filter_parse.c	conditions over fields: the text of a filter as a program
 *	filter_write.c	which runs for each record
 *	filter.c	`events/SYSTEM/EVENT/filter`
 *	glob.c		patterns for names
 *	help.c		README
 *	refuse.c	a log line for each refused write
 */
#ifndef KERNEL_TRACE_INTERNAL_H
#define KERNEL_TRACE_INTERNAL_H

#include <neurath/kernfs.h>
#include <neurath/mutex.h>
#include <neurath/task.h>
#include <neurath/trace.h>
#include <neurath/wait.h>

/* ---- records: ring.c ----------------------------------------------------------------- */
/* The start of each record, also in Linux's format. */
struct trace_common {
	u16 type;
	u8 flags;
	u8 preempt_count;
	s32 pid;
};
#define TRACE_FLAG_IRQS_OFF	0x01
#define TRACE_FLAG_NEED_RESCHED	0x04

#define TRACE_DATA_BYTES	56
struct trace_record {
	u64 number;	/* 1 + the position of the record in this ring; 0: being written */
	u64 tsc;
	struct trace_common common;	/* type 0: continues the data of the previous record */
	u8 data[TRACE_DATA_BYTES];
};

struct trace_ring {
	u64 head;	/* records begun so far; written by its own CPU, read without a lock */
	u64 tail;			/* first record that is not consumed (trace_mutex) */
	u64 lost;	/* records overwritten before they were read (trace_mutex) */
	u64 mask;			/* number of records - 1 */
	u64 wake_at;			/* head with which who waits for a page has it */
	struct trace_record record[];
};

/* A record for a reader, with all of its data. */
struct trace_item {
	unsigned cpu;
	unsigned slots;			/* number of records that it uses */
	u64 time_ns;
	u64 lost;			/* records lost before it */
	struct trace_common common;
	/* the event knows how many bytes are valid */
	u8 data[TRACE_DATA_MAX + TRACE_DATA_BYTES];
};

/* trace_mutex: allocation, consuming, turning events on.  Writers take no lock. */
extern struct mutex trace_mutex;

/* Written under trace_mutex; writers read it without a lock. */
extern struct trace_ring *trace_rings[TRACE_BUFFERS][NR_CPUS];
extern u64 trace_stop_tsc;		/* the first record with this time or a later one stops */
void trace_stop_init(void);		/* stop.c */

bool trace_buffer_allocated(enum trace_buffer_id id);
size_t trace_buffer_size(enum trace_buffer_id id, unsigned cpu);	/* bytes, as requested */
/*
 * Allocates a ring of at least @bytes for the CPU @only, or with -1 for each CPU; old contents are
 * lost.  0, -ENOMEM. (held)
 */
int trace_buffer_resize(enum trace_buffer_id id, int only, size_t bytes);
void trace_buffer_clear(enum trace_buffer_id id, int cpu);	/* -1: all (held) */
struct trace_ring *trace_ring(enum trace_buffer_id id, unsigned cpu);
/* `tracing_on`: TRACE_MAIN accepts records.  (a) */
extern bool trace_main_enabled;
extern u64 trace_main_cpus;		/* `tracing_cpumask`: a bit for each CPU.  (a) */
void trace_main_switch(bool on);	/* sets the one (any) */
void trace_main_limit(u64 cpus);	/* and the other (any) */
/* The same for each CPU: trace_main_enabled, and the CPU is in `tracing_cpumask`. */
extern bool trace_main_on[NR_CPUS];	/* (a) */
extern struct trace_point trace_point_function, trace_point_graph_entry, trace_point_graph_exit;
extern unsigned trace_graph_depth;	/* calls deeper than this are not recorded */
extern const char *trace_tracer;	/* name of the present tracer */
/*
 * Reads the record at *@at and moves *@at behind it: true.  Returns false if there is no record
 * yet.  Overwritten records are skipped and counted in @out->lost. (held)
 */
bool trace_ring_read(const struct trace_ring *ring, u64 *at, struct trace_item *out);

/* The records of several rings, in the order of time. */
/* ---- stack traces: stack_write.c, stack.c -------------------------------------------------- */
#define TRACE_STACK_ENTRIES	16
struct trace_data_stack {
	int size;
	unsigned long caller[TRACE_STACK_ENTRIES];	/* return addresses, innermost first */
};
extern struct trace_point trace_point_stack;
extern bool trace_stack_of_events, trace_stack_of_functions;	/* the options */
void trace_write_stack(void);					/* to TRACE_MAIN (any) */
/* As trace_write_silent(), without the options. (any) */
void trace_write_plain(const struct trace_point *point, const void *data, unsigned size);

struct trace_source {
	enum trace_buffer_id id;
	unsigned cpu;
	u64 at;
	u64 until;			/* the end, if records are not consumed */
	bool have;			/* item[ahead] was read ahead */
	unsigned ahead;			/* the other one was handed out last */
	struct trace_item item[2];
};
struct trace_cursor {
	bool consume;
	unsigned nr;
	struct trace_source *source;
	struct trace_source *last;	/* whose record was handed out last */
};
/* @buffers: bits by enum trace_buffer_id; @only: one CPU, or -1. 0, -ENOMEM. (held) */
int trace_cursor_start(struct trace_cursor *c, unsigned buffers, int only, bool consume);
void trace_cursor_end(struct trace_cursor *c);
/* The next record in time, valid until the call after the next; NULL: none now. (held) */
const struct trace_item *trace_cursor_next(struct trace_cursor *c);
/* The record behind the one just returned, on the same CPU; NULL: none yet. (held) */
const struct trace_item *trace_cursor_peek(struct trace_cursor *c);
/* Takes the record that trace_cursor_peek() returned. (held) */
void trace_cursor_skip(struct trace_cursor *c);

/* Sleeping readers are woken soon after the next record of TRACE_MAIN. */
extern struct wait_queue_head trace_wait;
enum { TRACE_ARM_ANY = 1, TRACE_ARM_PAGE = 2 };	/* the next one; that of wake_at */
void trace_wait_arm(unsigned what);
extern void (*trace_raise_interrupt)(void);
bool trace_wake_is_due(void);		/* true once for each arming (irq) */

/*
 * Copies a string, terminated and cut to @room.  A loop: functions of the library have slots, and
 * writers run where a slot is not allowed.
 */
static __always_inline void trace_copy(char *to, const char *from, unsigned room)
{
	unsigned i = 0;

	for (; i < room - 1 && from && READ_ONCE(from[i]); i++)
		((volatile char *)to)[i] = READ_ONCE(from[i]);
	((volatile char *)to)[i] = '\0';
}

/* ---- events: event.c -------------------------------------------------------------------- */
struct trace_field {
	const char *type, *name;
	u16 offset, size;		/* in the data */
	u16 count;	/* elements of an array; 0: no array; TRACE_OPEN_ARRAY: up to the end */
	bool is_signed;
};

#define TRACE_OPEN_ARRAY	0xffff

struct trace_event {
	const char *system, *name;
	struct trace_point *point;
	const struct trace_field *fields;	/* ends with a field without a name */
	const char *print;		/* Linux's "print fmt": print.c lists what it may contain */
	/* For text that a print fmt cannot express; tools then show less. */
	void (*show)(struct seq_file *m, const void *data, unsigned size);
	u16 size;			/* of the data; 0: the data contains its size */
	u16 fixed_id;			/* for events that tools know by number; else 0 */
	bool tracer;	/* an event of a tracer: it has a format and no enable file */
};

/* The fields of struct trace_common. */
extern const struct trace_field trace_common_fields[];

#define TRACE_FIRST_ID		20
/* Linux's numbers of the events that its tools know without a name. */
#define TRACE_ID_FUNCTION	1
#define TRACE_ID_STACK		4
#define TRACE_ID_PRINT		5
#define TRACE_ID_GRAPH_EXIT	10
#define TRACE_ID_GRAPH_ENTRY	11
const struct trace_event *trace_event_of(unsigned id);
/* The number of bytes in @item's data that the event has filled. */
unsigned trace_item_size(const struct trace_event *event, const struct trace_item *item);
/* Turns the event on or off for the buffer @id. (held) */
void trace_event_set(const struct trace_event *event, enum trace_buffer_id id, bool on);
/* One bit of point->on.  Atomic: triggers change it in any context. */
static __always_inline void trace_point_set(struct trace_point *point, unsigned bit, bool on)
{
	if (on)
		__atomic_fetch_or(&point->on, (u8)BIT(bit), __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&point->on, (u8)~BIT(bit), __ATOMIC_RELAXED);
}
static inline bool trace_event_is_set(const struct trace_event *event, enum trace_buffer_id id)
{
	return READ_ONCE(event->point->on) & BIT(id);
}

/*
 * An event and its fields: F is one field, A is an array, T is the record type.
 *
 *	#define WAKEUP(F, A, T)		A(T, char, comm, 16) F(T, pid_t, pid)
 *	TRACE_RECORD(sched_wakeup, WAKEUP);		makes struct trace_data_sched_wakeup
 *	TRACE_EVENT(sched, sched_wakeup, sched_wakeup, WAKEUP,
 *		    "\"comm=%s pid=%d\", REC->comm, REC->pid");
 *
 * Several events may share a record.
 */
#define TRACE_MEMBER(T, type, name)		type name;
#define TRACE_MEMBERS(T, type, name, n)		type name[n];
#define TRACE_RECORD(record, LIST) \
	struct trace_data_##record { LIST(TRACE_MEMBER, TRACE_MEMBERS, ) }
#define TRACE_IS_SIGNED(type)			((type)-1 < (type)1)
#define TRACE_ROW(T, t, n) \
	{ .type = #t, .name = #n, .offset = __builtin_offsetof(T, n), \
	  .size = sizeof(((T *)0)->n), .is_signed = TRACE_IS_SIGNED(t) },
#define TRACE_ROW_ARRAY(T, t, n, items) \
	{ .type = #t, .name = #n, .offset = __builtin_offsetof(T, n), \
	  .size = sizeof(((T *)0)->n), .is_signed = TRACE_IS_SIGNED(t), .count = items },
#define TRACE_EVENT_WITH(sys, event, record_name, LIST, text, ...) \
	struct trace_point TRACE_POINT(event); \
	static const struct trace_field trace_fields_##event[] = { \
		LIST(TRACE_ROW, TRACE_ROW_ARRAY, struct trace_data_##record_name) { 0 } \
	}; \
	SET_ENTRY(trace_event, struct trace_event, trace_event_##event) = { \
		.system = #sys, .name = #event, .point = &TRACE_POINT(event), \
		.fields = trace_fields_##event, .print = text, \
		.size = sizeof(struct trace_data_##record_name), __VA_ARGS__ }
#define TRACE_EVENT(sys, event, record, LIST, text) \
	TRACE_EVENT_WITH(sys, event, record, LIST, text, .tracer = false)

/* ---- text: print.c, text.c -------------------------------------------------------------- */
void trace_print(struct seq_file *m, const struct trace_event *event, const void *data,
		 unsigned size);
/* True if print.c supports the print fmt of @event. */
bool trace_print_check(const struct trace_event *event);
void trace_show_header(struct seq_file *m, int only);
/* In the form of the function graph tracer, for which a reader has to remember something. */
struct graph_cpu;
struct graph_cpu *trace_graph_text_new(void);	/* NULL = no memory */
void trace_graph_text_free(struct graph_cpu *cpus);
void trace_graph_show_header(struct seq_file *m);
void trace_graph_show_item(struct seq_file *m, struct graph_cpu *cpus, struct trace_cursor *c,
			   const struct trace_item *item);
void trace_show_item(struct seq_file *m, const struct trace_item *item);
/* "NANOSECONDS CPU PID EVENT text". */
void trace_show_plain(struct seq_file *m, const struct trace_item *item);
/* The name of a task, which may be dead: "<...>" if it is unknown. */
void trace_comm_of(pid_t pid, char comm[TASK_COMM_LEN]);
/* From now on names are stored: 0, -ENOMEM. (held) */
int trace_comms_need(void);
/* The @index-th stored name: pid 0 if the place is empty; false behind the last one. */
bool trace_comm_saved(unsigned index, pid_t *pid, char comm[TASK_COMM_LEN]);

/* ---- reading: read.c, files.c ----------------------------------------------------------- */
#define TRACING	"/sys/kernel/tracing"
/* A file there that root may write. */
#define TRACE_SWITCH(name, file, showfn, storefn) \
	static const struct kernfs_file_ops name##_ops = { .show = showfn, .store = storefn }; \
	KERNFS_FILE(name, TRACING "/" file, S_IFREG | 0644, &name##_ops, NULL)

/* Text streams for files; the private value is the CPU + 1, or 0 for all CPUs. */
extern const struct kernfs_file_ops trace_file_ops, trace_pipe_ops;
/* raw.c: a stream of pages; the private value is the CPU + 1. */
extern const struct kernfs_file_ops trace_raw_ops;
/* Allocates the rings of TRACE_MAIN for the first event or tracer. (held) 0, -ENOMEM. */
int trace_main_need(void);
/* trigger.c, filter.c: the private value is the event, or the name of the system. */
extern const struct kernfs_file_ops trace_trigger_ops;
extern const struct kernfs_file_ops trace_event_filter_ops, trace_system_filter_ops;
/* Runs the triggers of the event at @point, whose record is @data. (any) */
void trace_triggers_run(const struct trace_point *point, const void *data);
/* True if a trigger turns the event on or off. */
bool trace_event_is_target(const struct trace_event *event);
void trace_files_init(void);
void trace_event_files_init(void);

#endif
