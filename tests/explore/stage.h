/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage.h - the parts of a scene.  A task's program is a sequence of machine_syscall(); a sys_
 * function is the body of one such call, in the kernel; "inside" means in the patched function outer(),
 * which calls inner().
 */
#ifndef EXPLORE_STAGE_H
#define EXPLORE_STAGE_H

#include "world.h"
#include <neurath/process.h>
#include <neurath/wait.h>
#include "../../livepatch/internal.h"
#include "../../kernel/sched/rq.h"

enum { OUTER, INNER, LATE };		/* functions that can be patched */

#define ANY_CPU		~0UL
#define CPU0		BIT(0)
#define CPU1		BIT(1)

extern struct process world_process;

/* ---- stage.c: what tasks wait for ---- */
extern struct wait_queue_head changes;	/* of transitions, and of modules whose reference is put */
extern struct wait_queue_head door;	/* sys_open_door(): sleepers inside continue */
extern bool door_open;
extern struct wait_queue_head closing;	/* the_end(): tasks end */
extern unsigned begun;			/* the number of transitions and reversals so far */
extern unsigned awaited;		/* number in @begun that sys_await_*() waits for, inside */

/* ---- stage.c: the administrator's steps, what tasks do, how a scene is set up ---- */
void make_patch(unsigned p, unsigned funcs, bool replace);
void enable(unsigned p);
void turn_off(unsigned p);
void turn_round(unsigned p);
void wait_for_transition(void);
void wait_until_gone(unsigned p);
void nothing(void);
void outer_plain(void);
void sys_plain(void);
void sys_resched(void);
void sys_sleep_inside(void);
void sys_await_first(void);
void sys_await_second(void);
void sys_exit_inside(void);
void sys_sleep_interruptibly(void);
void sys_open_door(void);
void sys_wait_end(void);
void sys_exit(void);
void the_end(void);
void prelude(void);
struct task *spawn_in(struct process *p, const char *name, void (*program)(void), u64 allowed);
struct task *spawn(const char *name, void (*program)(void), u64 allowed);
void boot_kernel(void);

/* ---- scenes.c: programs that other scenes use, too ---- */
void program_calls(void);
void program_turns(void);
void admin_on_off(void);
void sys_enable(void);
void sys_turn(void);
void sys_finish(void);

/* ---- ipc.c ---- */
void boot_ask(void);
void boot_cancel(void);
void boot_signals(void);
void boot_gone(void);
void boot_port_dies(void);
void boot_vacant(void);

/* ---- futexes.c ---- */
void boot_futex(void);
void boot_requeue(void);

/* ---- lives.c ---- */
void boot_wake(void);
void boot_hand(void);
void program_forks(void);
void boot_births(void);
void boot_deaths(void);
void boot_threads(void);
void boot_spins(void);
void boot_twice(void);
void boot_execs(void);

#endif
