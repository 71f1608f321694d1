/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small world in which the kernel's own files run under every schedule.
 *
 *	machine.c	CPUs, interrupts, tasks, the switch between stacks
 *	text.c		how CPUs read, execute and change text
 *	hooks.c		the scheduling points: functions that the compiler calls at each access
 *	services.c	memory, log, modules: the services that the files need from the rest of the kernel
 *	oracle.c	functions that are patched, the tasks in them, and the claims
 *	stage.c		the parts of scenes: patches, the administrator's steps, actions of tasks
 *	scenes.c	scenes in which patches are enabled and disabled; the table of all scenes
 *	lives.c		scenes in which tasks are born, sleep and die
 *	ipc.c, futexes.c	scenes of calls to servers, and of futexes
 *	search.c	the choice of schedules; the program
 *
 * All data in .data and .bss belongs to the world: it is copied once after a scene has been
 * set up, and restored before each schedule.  Data that must live longer than a schedule lies
 * elsewhere (struct search, by mmap()).  There is one host thread.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include <neurath/arch.h>
#include <neurath/hook.h>
#include <neurath/task.h>
#include <linux/livepatch.h>

#define WORLD_CPUS	3			/* at most */
#define WORLD_STACKS	16
#define WORLD_FUNCS	3			/* that can be patched: outer, inner, late */
#define WORLD_PATCHES	3

/* ---- machine.c ---------------------------------------------------------------------------- */

/* Interrupts that wait for a CPU. */
#define IRQ_RESCHED	1u
#define IRQ_CALL	2u
#define IRQ_TIMER	4u
#define IRQ_DEVICE	8u

struct machine_cpu {
	void *sp;			/* saved stack pointer, while another CPU has the host */
	bool irqs_on;
	bool halted;
	bool spins;			/* waits for something that another CPU must do */
	unsigned depth;			/* of interrupts */
	unsigned interrupts;		/* taken so far */
	unsigned pending;		/* IRQ_ */
	u64 timer;			/* programmed deadline */
	struct pt_regs *regs;		/* of the patched code that it executes, or NULL */
	struct pt_regs *interrupted;	/* the same of the code that the present interrupt has stopped */
	bool in_user;			/* in user mode */
};
extern struct machine_cpu machine_cpus[WORLD_CPUS];
extern unsigned machine_now;		/* the CPU that has the host */

void machine_serialise(void);
/* User mode until the next system call: @call runs as the system call, then the way out. */
void machine_syscall(void (*call)(void));
/* Raises an interrupt of @cpu. */
void machine_raise(unsigned cpu, unsigned irq);
/* Takes pending interrupts, if interrupts are on. */
void machine_take_interrupts(void);
/* Gives the host to @to. */
void machine_switch(unsigned to);
/* The CPU has had the host for a long time: another CPU that can run gets it. */
bool machine_next_turn(void);
bool machine_can_run(unsigned cpu);
/* Sets the CPUs up; @boot runs on CPU 0 and never returns. */
void machine_boot(unsigned cpus, void (*boot)(void));
/* From the search: the world runs until it ends or is stopped. */
void machine_run(void);
/* Back to the search. */
void machine_stop(void) __noreturn;
void *machine_new_stack(void *top, void (*start)(void));
/* The boot has set everything up: the search takes its copy here. */
void machine_ready(void);

/* ---- text.c ------------------------------------------------------------------------------- */
/* memcpy() for text_poke.c, which writes through an alias of the page. */
void *machine_poke(void *to, const void *from, size_t n);
/* Calls function @f through its slot; @body runs as its body, in any version. */
void machine_call(unsigned f, void (*body)(void));

/* ---- services.c --------------------------------------------------------------------------- */
#define WORLD_HEAP	(96 * 1024)
extern char world_heap[WORLD_HEAP];
extern char world_stacks[WORLD_STACKS][KSTACK_SIZE];
extern bool world_stack_used[WORLD_STACKS];
void world_services_init(void);

/* ---- oracle.c ----------------------------------------------------------------------------- */
#define TEXT_PAGE	4096
extern u8 world_text[4 * TEXT_PAGE];
/* Original of function @f; version @p of it (1 ..). */
#define TEXT_OF(f)	((unsigned long)world_text + 256 * (f))
#define TEXT_NEW(p, f)	((unsigned long)world_text + TEXT_PAGE + 1024 * ((p) - 1) + 256 * (f))
#define TEXT_SELECTORS	((unsigned long)world_text + 2 * TEXT_PAGE)

/* The body of the version at @ip begins (and ends) in current, or in an interrupt of current. */
void oracle_enter(unsigned f, unsigned long ip);
void oracle_leave(void);
/* Return addresses of @t, innermost first: how many. */
unsigned oracle_stack(const struct task *t, unsigned long *entries, unsigned room);
void oracle_forget(unsigned stack);		/* its task has died */
/* A transition is complete. */
void oracle_complete(unsigned patch, bool patched);
void oracle_retired(unsigned patch);		/* its memory may be freed */
void oracle_came(unsigned patch);
void oracle_force(void);				/* from here on, only a use of a retired version is a violation */
void oracle_init(void);

/* ---- stage.c, scenes.c ----------------------------------------------------------------------------- */
struct world_patch {
	struct klp_patch patch;
	struct klp_object objs[3];
	struct klp_func funcs[2][3];
	struct module mod;
	bool has[WORLD_FUNCS];
};
extern struct world_patch world_patches[WORLD_PATCHES + 1];	/* from 1 */
unsigned world_transition_patch(void);		/* 0 = none */
unsigned world_patch_number(const struct klp_patch *patch);
struct scene {
	const char *name, *what;
	unsigned cpus;
	void (*boot)(void);			/* on CPU 0, with interrupts on: creates tasks */
};
extern const struct scene scenes[];
extern const struct scene *scene_now;
extern bool scene_done;
void ipc_client_killed(void);			/* ipc.c: a killed client ends on its way to user mode */
void ipc_scene_over(void);			/* ipc.c: the scene has ended */
void scene_all_halted(void);			/* no CPU runs until a timer expires */
void scene_patch_changed(void *patch);		/* klp_sysfs_changed() */

/* ---- search.c ----------------------------------------------------------------------------- */
/* Reports a violation and ends this schedule. */
void violation(const char *fmt, ...) __printf(1, 2) __noreturn;
/* A line of the timeline, if one is asked for. */
void note(const char *fmt, ...) __printf(1, 2);
/* A place where another CPU may continue; the timeline shows @ip. */
void search_point(unsigned long addr, unsigned size, bool write, void *ip);
void search_raised(unsigned cpu);		/* an interrupt for @cpu */
u64 search_random(unsigned what);		/* of this schedule, not of its steps */
extern bool search_active;
bool search_memory_is_free(unsigned long addr);
void search_mark_memory(const void *p, size_t size, bool is_free);
void search_fence(void);			/* all CPUs see the stores of this CPU */
bool search_fault(const char *name);		/* true if this fault is on for this run: --fault= */

#endif
