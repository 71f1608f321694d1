/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transition of livepatch/, as a model for the verifier spin.
 *
 * Tasks call outer(), which calls inner(); a patch replaces both. An administrator enables, reverses and disables
 * the patch without end. README.md in this folder has the claims, and the C function of each part.
 *
 * Every step of the C that another task or CPU can see is one step of the model. Several steps are joined (d_step) only in
 * two cases. First, the C cannot be divided: a locked instruction, a critical section for tasks that take the same lock,
 * the work of task_call_func() on a task that it holds. Second, one of two neighbouring steps is invisible: turning
 * interrupts off only stops other code, so it is joined with the next step; turning them on is joined with the step before.
 *
 * Memory: x86 keeps stores in order and loads in order, so a barrier between two stores, or between two loads, is the order
 * of two steps; each full barrier of the C is between steps that are atomic in the model.
 */
#include "bugs.h"

#ifndef TASKS
#define TASKS		3
#endif
#ifndef SLEEPS
#define SLEEPS		true			/* tasks may sleep before they call inner() */
#endif
#ifndef CALLS
#define CALLS		true			/* tasks call the pair; else only interrupts call it */
#endif
#ifndef LOOKS
#define LOOKS		true			/* tasks may call cond_resched() there */
#endif
#ifndef IDLES
#define IDLES		true			/* idle tasks have a state, too; else CPUs only wait */
#endif
#ifndef FORKS
#define FORKS		true
#endif
#ifndef THREADS
#define THREADS		false			/* tasks make kernel threads, too */
#endif
#ifndef INTERRUPTS
#define INTERRUPTS	0			/* interrupts judge kernel threads */
#endif
#ifndef SAFETY
#define SAFETY		false			/* the safety pass of nudge.c: more looks, at any time */
#endif
#ifndef EXECS
#define EXECS		0			/* task 0 calls execve(), as a thread that is not the leader */
#endif
#ifndef EXITS_INSIDE
#define EXITS_INSIDE	false			/* do_exit() is called in outer() */
#endif
#ifndef EXITS
#define EXITS		true
#endif
#ifndef PINNED
#define PINNED		false			/* tasks 0 and 1 have a CPU each, the third runs on both */
#endif
#define CPUS		2
#define ALL		(TASKS + CPUS)
#define IDLE_TASK(c)	(TASKS + (c))
#define NOBODY		ALL

byte seeded;					/* one of bugs.h, constant */
#define BUG(name)	(seeded == name)

/* Versions of a function, which are also the states of a task: NONE is KLP_TRANSITION_IDLE. */
#define OLD		0
#define NEW		1
#define NONE		2

#define NOP		0			/* the contents of an entry slot */
#define SELECTOR	1
#define JUMP		2

#define AT_SLOT		0			/* the place of a CPU between a call and the version that it reaches */
#define SEL_START	1
#define SEL_VERSION	2			/* holds the new version, has not read its transition flag */
#define SEL_STATE	3			/* saw the flag, has not read the state */
#define SEL_OLD		4
#define SEL_NEW		5
#define SEL_BELOW	6			/* holds the new version, will read the version below it */

#define UNBORN		0
#define LIVE		1
#define LEFT		2			/* has made its last switch */
#define GONE		3			/* klp_gone */

#define USER		0			/* a task: in user mode; an idle task: halted */
#define KERNEL		1			/* will pass its exit loop, or its idle loop, before it is USER */
#define BORN		2			/* the same, and has never run */
#define MADE		3			/* a kernel thread; its creator has not looked at it yet */
#define UNSTARTED	4			/* a kernel thread that has not been woken yet */

#define ON		0			/* interrupts of a CPU */
#define OFF		1
#define HANDLER		2			/* an interrupt handler runs, interrupts off */

/* ---- tasks and CPUs */
byte life[ALL];
byte state[ALL + 1] = NONE;			/* patch_state; the last belongs to NOBODY, for a bug */
bool pending[ALL];				/* TIF_PATCH_PENDING */
byte mode[ALL];
bool thread[TASKS];				/* a kernel thread: never in user mode, USER is asleep */
byte outer[ALL] = NONE, inner[ALL] = NONE;	/* versions on its stack */
byte selector[TASKS];				/* its place in a call */
byte handler_outer = NONE, handler_inner = NONE;	/* versions that the handler runs */
byte running[CPUS];				/* the task of this CPU */
byte irqs[CPUS];

/* ---- livepatch/ */
byte slot[2];					/* of outer() and inner() */
bool pushed[2];					/* the new version is on the hook */
bool transition[2];				/* flag of the new version */
bool freed = true;				/* the new versions and their memory are gone */
byte target = NONE;				/* klp_target_state */
byte initial = NONE;				/* klp_initial_state */
bool flagging;					/* klp_flagging */
byte forbidden = NONE;				/* the versions that the ranges in ranges.c cover */
short count;					/* klp_pending */
bool work;					/* klp_complete_work is queued */
bool tasklist_lock;
bool moved[TASKS];				/* has another pid since the present walk began */
byte held = NOBODY;				/* the task that a walk looks at: it keeps a reference */
byte pi_lock = NOBODY;				/* whose pi_lock the creator of a thread holds */

/* No task begins a new call; each call in progress ends: see Administrator. */
bool calm;

#define RUNS(t)		((running[0] == t && irqs[0] != HANDLER) || (running[1] == t && irqs[1] != HANDLER))
#define ON_CPU(t)	(running[0] == t || running[1] == t)
#define CPU(t)		(running[1] == t)
#define STACK_CLEAR(t)	(outer[t] != forbidden && inner[t] != forbidden)
/* May get a CPU. When all is calm, only a task that has something to finish: a call, its birth, a kick. */
#define READY(t)	(life[t] == LIVE && !ON_CPU(t) && mode[t] <= BORN && (!calm || outer[t] != NONE || mode[t] == BORN))
#define MAY_RUN(t, c)	(!PINNED || t == 2 || t == c)
#define PICK(t)		READY(t) && MAY_RUN(t, cpu) -> running[cpu] = t
#define WAITS(t)	(READY(t) && MAY_RUN(t, CPU(me)))
#if TASKS == 3
#define ANY_WAITS	(WAITS(0) || WAITS(1) || WAITS(2))
#elif TASKS == 2
#define ANY_WAITS	(WAITS(0) || WAITS(1))
#else
#define ANY_WAITS	WAITS(0)
#endif

/* ---- entry slots and selectors: arch/x86_64/hook_selector.c ------------------------------------------------------- */

/*
 * One instruction of a call of function @f in task @t (or in a handler that interrupted it); @at is its place.
 * At the end, @version is the version that the call has reached.
 */
inline selector_step(f, t, at, version)
{
	if
	:: at == AT_SLOT && slot[f] == NOP -> version = OLD
	:: at == AT_SLOT && slot[f] == JUMP -> version = NEW
	:: at == AT_SLOT && slot[f] == SELECTOR -> at = SEL_START
	:: at == SEL_START -> at = (pushed[f] -> SEL_VERSION : SEL_OLD)
	:: at == SEL_VERSION ->
		assert(!freed);				/* I4: no CPU reads what was freed */
		at = (transition[f] -> SEL_STATE : SEL_NEW)
	:: at == SEL_STATE ->
		assert(!freed);
		assert(state[t] != NONE);		/* barriers A and F */
		at = (state[t] == OLD -> SEL_BELOW : SEL_NEW)
	:: at == SEL_BELOW -> assert(!freed); at = SEL_OLD
	:: at == SEL_OLD -> at = AT_SLOT; version = OLD
	:: at == SEL_NEW -> at = AT_SLOT; version = NEW
	fi;
	assert(version != NEW || !freed);		/* I4: no freed version runs */
	assert(version != NEW || state[t] != OLD);	/* the state selects this version */
	assert(version != OLD || state[t] != NEW)
}

/* smp_sync_core(): each CPU takes the interrupt when it can; a CPU in a selector goes back to the slot. */
#define SYNC_CPU(c) \
	d_step { \
		!synced[c] && irqs[c] == ON -> \
		synced[c] = true; \
		mode[running[c]] = (mode[running[c]] == USER && pending[running[c]] -> KERNEL : mode[running[c]]); \
		if \
		:: running[c] < TASKS && !BUG(NO_REWIND) -> selector[running[c]] = AT_SLOT \
		:: else \
		fi \
	}
inline smp_sync_core()
{
	do
	:: SYNC_CPU(0)
	:: SYNC_CPU(1)
	:: d_step { synced[0] && synced[1] -> synced[0] = false; synced[1] = false } -> break
	od
}

/* ---- a task changes over: patch_state.c, patch_stack.c ---------------------------------------------------------------------- */

inline klp_task_done()
{
	count--;
	if
	:: count == 0 && !BUG(NOBODY_WOKEN) -> work = true
	:: else
	fi
}

/* The target is read before the flag is cleared: while the flag is set, a reversal has not changed the target. */
#define READ_TARGET	seen = (BUG(TARGET_AFTER_CLEAR) -> NONE : target)

/*
 * The second half of a change-over, after the flag was cleared; without its flag, the state of a task has no effect. A look
 * turns interrupts on before it counts.
 */
inline take_target(then)
{
	d_step { RUNS(me) -> seen = (BUG(TARGET_AFTER_CLEAR) -> target : seen) };
	d_step {
		RUNS(me) ->
		assert(seen != NONE && state[me] != NONE);	/* I2: from one set to the other */
		state[me] = seen;
		seen = 0;
		irqs[CPU(me)] = then
	};
	d_step { RUNS(me) -> klp_task_done() }
}

inline klp_update_patch_state()
{
	if
	:: d_step { RUNS(me) && pending[me] -> irqs[CPU(me)] = (BUG(UPDATE_IRQS_ON) -> ON : OFF) } ->
		d_step { RUNS(me) -> READ_TARGET };
		if
		:: d_step { RUNS(me) && pending[me] -> pending[me] = false } -> take_target(ON)
		:: d_step { RUNS(me) && !pending[me] -> seen = 0; irqs[CPU(me)] = ON }
		fi
	:: RUNS(me) && !pending[me]
	fi
}

/*
 * A look of current at its own stack, klp_judge_task(): the flag is tested, the target is read, the ranges are read (no other
 * task changes the stack, so it is walked in the same step), the flag is cleared, the state is written. Interrupts are off during all these steps; afterwards they are @then. klp_sched_try_switch() tests the flag earlier, only to skip looks.
 */
inline klp_judge_current(then)
{
	if
	:: d_step { RUNS(me) && pending[me] -> irqs[CPU(me)] = (BUG(LOOK_SPLIT) -> ON : OFF) } ->
		d_step { RUNS(me) -> irqs[CPU(me)] = OFF; READ_TARGET };
		d_step { RUNS(me) -> clear = STACK_CLEAR(me) || BUG(NO_STACK_CHECK) };
		if
		:: d_step { RUNS(me) && clear && pending[me] -> clear = false; pending[me] = false } -> take_target(then)
		:: d_step { RUNS(me) && !(clear && pending[me]) -> clear = false; seen = 0; irqs[CPU(me)] = then }
		fi
	:: d_step { RUNS(me) && !pending[me] -> irqs[CPU(me)] = then }
	fi
}

/*
 * klp_try_switch_task() of another task, which task_call_func() holds in its place, by the holder of klp_mutex. Only this
 * holder changes ranges and target, so this is one step. A look without klp_mutex: klp_new_kthread() below.
 */
inline klp_look_at_task(t)
{
	atomic {
		pi_lock != t ->
		if
		:: pending[t] && (STACK_CLEAR(t) || BUG(NO_STACK_CHECK)) && (!ON_CPU(t) || BUG(LOOK_AT_RUNNING)) ->
			assert(target != NONE && state[t] != NONE);
			pending[t] = false;
			state[t] = target;
			klp_task_done()
		:: else
		fi
	}
}

/* ---- tasks: kernel/sched, kernel/process ---------------------------------------------------------------------------- */

inline pick()
{
	if
	:: PICK(0)
#if TASKS > 1
	:: PICK(1)
#endif
#if TASKS > 2
	:: PICK(2)
#endif
	fi
}

/*
 * Interrupts are off from the test of the flag until another task runs, or until no other task is found.
 * A task that leaves its CPU here continues when it gets a CPU again: every step of a task waits for a CPU.
 */
inline sched_switch()
{
	klp_judge_current((BUG(SCHEDULE_SPLIT) -> ON : OFF));
	atomic {
		RUNS(me) ->
		cpu = CPU(me);
		irqs[cpu] = ON;
		if
		:: pick()
		:: me < TASKS -> running[cpu] = IDLE_TASK(cpu); mode[IDLE_TASK(cpu)] = (IDLES -> KERNEL : USER)
		:: true
		fi;
		cpu = 0
	}
}

inline bury_flag()
{
	if
	:: d_step { pending[me] -> pending[me] = false; klp_task_done() }
	:: !pending[me]
	fi
}

/* sched_exit_current(), with the callers of do_exit() on the stack, and then sched_bury() on the stack of another task. */
inline exit()
{
	if
	:: BUG(EXIT_EARLY) -> bury_flag()
	:: !BUG(EXIT_EARLY)
	fi;
	klp_judge_current(OFF);
	atomic {
		RUNS(me) ->
		cpu = CPU(me);
		irqs[cpu] = ON;
		life[me] = LEFT;
		if
		:: pick()
		:: running[cpu] = IDLE_TASK(cpu); mode[IDLE_TASK(cpu)] = (IDLES -> KERNEL : USER)
		fi;
		cpu = 0
	};
	if
	:: BUG(EXIT_HOLE)
	:: BUG(GONE_AFTER_CLEAR) -> bury_flag(); life[me] = GONE
	:: !BUG(EXIT_HOLE) && !BUG(GONE_AFTER_CLEAR) -> life[me] = GONE; bury_flag()
	fi;
	d_step { life[me] = UNBORN; mode[me] = USER; state[me] = NONE; thread[me] = false; outer[me] = NONE }
}

/*
 * outer() is called, may sleep or call cond_resched(), calls inner(), and returns. Interrupts are on in the selectors: a round
 * may come between any two instructions.
 */
inline call_pair()
{
	do
	:: d_step { RUNS(me) && outer[me] == NONE -> selector_step(0, me, selector[me], outer[me]) }
	:: RUNS(me) && !calm && SLEEPS && outer[me] != NONE && inner[me] == NONE && selector[me] == AT_SLOT -> sched_switch()
	:: RUNS(me) && !calm && LOOKS && outer[me] != NONE && inner[me] == NONE && selector[me] == AT_SLOT -> klp_judge_current(ON)
	:: RUNS(me) && !calm && EXITS_INSIDE && outer[me] != NONE && inner[me] == NONE && selector[me] == AT_SLOT -> exit(); break
	:: d_step { RUNS(me) && outer[me] != NONE && inner[me] == NONE -> selector_step(1, me, selector[me], inner[me]) }
	:: d_step {
		RUNS(me) && inner[me] != NONE ->
		assert(outer[me] == inner[me]);		/* I1: an old caller calls old functions, a new caller new ones */
		inner[me] = NONE;
		outer[me] = NONE
	   } -> break
	od
}

#define SETTLED(t)	(initial == NONE -> NONE : (state[t] == NONE -> initial : state[t]))
#define FREE_SLOT(t)	(life[t] == UNBORN && held != t)

inline klp_copy_process()
{
	d_step { RUNS(me) -> child_state = SETTLED(me); child_flag = (flagging && child_state != target) }
}

/* fork_publish(), kthread_publish(): the child inherits and is published under tasklist_lock. */
inline fork(first_mode)
{
	if
	:: RUNS(me) && BUG(FORK_UNLOCKED) -> klp_copy_process(); d_step { RUNS(me) && !tasklist_lock -> tasklist_lock = true }
	:: RUNS(me) && !BUG(FORK_UNLOCKED) -> d_step { RUNS(me) && !tasklist_lock -> tasklist_lock = true }; klp_copy_process()
	fi;
	atomic {
		RUNS(me) ->
		if
		:: FREE_SLOT(0) -> child = 0
#if TASKS > 1
		:: FREE_SLOT(1) -> child = 1
#endif
#if TASKS > 2
		:: FREE_SLOT(2) -> child = 2
#endif
		:: else -> child = NOBODY
		fi;
		if
		:: child != NOBODY ->
			state[child] = (BUG(FORK_NO_STATE) -> NONE : child_state);
			pending[child] = child_flag && !BUG(FORK_NO_FLAG);
			count = count + pending[child];
			mode[child] = first_mode;
			life[child] = LIVE;
			/* I5.  An interrupt may move a kernel thread after klp_copy_process(): its child is then pending. */
			assert(state[child] == SETTLED(me) || (INTERRUPTS && thread[me] && state[child] != NONE));
			assert(!flagging || state[child] == target || pending[child])
		:: else
		fi;
		tasklist_lock = false;
		child_state = 0; child_flag = false
	}
}

/*
 * The creator's look at a thread that has not run. The creator does not hold klp_mutex, so the transition continues
 * meanwhile. The stack of the thread is clear. Until the look ends, only walks and the creator use the thread.
 */
inline klp_new_kthread()
{
	if
	:: child == NOBODY || BUG(THREAD_UNSEEN)
	:: d_step { child != NOBODY && !BUG(THREAD_UNSEEN) && RUNS(me) && pending[child] ->
			pi_lock = child; irqs[CPU(me)] = OFF } ->
		d_step { RUNS(me) -> READ_TARGET };
		if
		:: d_step { RUNS(me) && pending[child] -> pending[child] = false } ->
			d_step { RUNS(me) -> seen = (BUG(TARGET_AFTER_CLEAR) -> target : seen) };
			d_step {
				RUNS(me) ->
				assert(seen != NONE && state[child] != NONE);
				state[child] = seen; seen = 0; pi_lock = NOBODY; irqs[CPU(me)] = ON
			};
			d_step { RUNS(me) -> klp_task_done() }
		:: d_step { RUNS(me) && !pending[child] -> seen = 0; pi_lock = NOBODY; irqs[CPU(me)] = ON }
		fi
	:: child != NOBODY && !BUG(THREAD_UNSEEN) && RUNS(me) && !pending[child]
	fi;
	d_step { RUNS(me) -> if :: child != NOBODY -> mode[child] = UNSTARTED :: else fi; child = 0 }
}

inline fork_thread()
{
	fork(MADE);
	if :: child != NOBODY -> thread[child] = true :: else fi;
	klp_new_kthread()
}

/* A kernel thread without work sleeps in schedule(). */
inline thread_sleeps()
{
	klp_judge_current(OFF);
	atomic {
		RUNS(me) ->
		cpu = CPU(me);
		irqs[cpu] = ON;
		mode[me] = USER;
		if
		:: pick()
		:: running[cpu] = IDLE_TASK(cpu); mode[IDLE_TASK(cpu)] = (IDLES -> KERNEL : USER)
		fi;
		cpu = 0
	}
}

#if EXECS
/*
 * exec_become_leader(): the task gets another pid, and calls klp_pid_moved(). Interrupts are off: so the round of a start
 * waits until the flag is counted.
 */
inline exec()
{
	d_step {
		RUNS(me) && !tasklist_lock ->
		tasklist_lock = true; moved[me] = true; irqs[CPU(me)] = (BUG(EXEC_IRQS_ON) -> ON : OFF)
	};
	if
	:: BUG(EXEC_FORGOTTEN)
	:: !BUG(EXEC_FORGOTTEN) ->
		d_step { RUNS(me) -> state[me] = SETTLED(me) };
		if
		:: d_step { RUNS(me) && flagging && state[me] != target && !pending[me] -> pending[me] = true } ->
			d_step { RUNS(me) -> count++ }
		:: d_step { RUNS(me) && !flagging && pending[me] -> pending[me] = false } ->
			d_step { RUNS(me) -> klp_task_done() }
		:: RUNS(me) && !(flagging && state[me] != target && !pending[me]) && !(!flagging && pending[me])
		fi
	fi;
	d_step { RUNS(me) -> tasklist_lock = false; irqs[CPU(me)] = ON }
}
#endif

/*
 * The task leaves user mode by an interrupt or a system call, and returns when exit_to_user_mode_loop() finds no flag. The
 * last test of the loop is with interrupts off; an interrupt that comes later makes the task leave user mode again.
 */
#define ENTER		RUNS(me) && mode[me] == USER && !calm -> mode[me] = KERNEL
#define OTHER(t)	(TASKS > 1 -> 1 - t : t)	/* a configuration with threads has two tasks */
proctype Task(byte me)
{
	byte cpu, seen, child, child_state;
	bool child_flag, clear;

	do
	:: d_step { CALLS && ENTER } -> call_pair()
	:: d_step { RUNS(me) && mode[me] == USER && (!calm || ANY_WAITS) -> mode[me] = KERNEL } -> sched_switch()
	:: d_step { FORKS && ENTER } -> fork(BORN); child = 0
#if EXECS
	:: d_step { me == 0 && ENTER } -> exec()
#endif
	:: d_step { THREADS && ENTER } -> fork_thread()
	:: d_step { THREADS && RUNS(me) && !calm && mode[OTHER(me)] == UNSTARTED -> mode[OTHER(me)] = BORN }
	:: THREADS && RUNS(me) && thread[me] -> thread_sleeps()
	:: d_step { EXITS && ENTER } -> exit()
	:: RUNS(me) && !thread[me] && mode[me] != USER && pending[me] -> klp_update_patch_state()
	:: d_step { RUNS(me) && !thread[me] && mode[me] != USER && !pending[me] -> mode[me] = USER }
	od
}

/* kernel/sched/idle.c: halts if klp_idle_check() finds no flag; after an interrupt, or a switch to the idle task, it starts here again. */
proctype Idle(byte me)
{
	byte cpu, seen;
	bool clear;

	do
	:: RUNS(me) && (mode[me] == KERNEL || !calm) && pending[me] -> klp_update_patch_state()
	:: d_step { RUNS(me) && mode[me] == KERNEL && !pending[me] -> mode[me] = USER }
	:: RUNS(me) && IDLES && ANY_WAITS -> sched_switch()
	:: atomic { RUNS(me) && !IDLES && ANY_WAITS -> cpu = CPU(me); pick(); cpu = 0 }
	od
}

/* An interrupt whose handler calls the pair, with the state of the task that it interrupted. Interrupts are off. */
proctype Handler(byte c)
{
	byte at, whom;

	do
	:: d_step {
	irqs[c] == ON && !calm && life[running[c]] == LIVE ->
	irqs[c] = HANDLER;
	whom = (BUG(HANDLER_NEWEST) -> NOBODY : running[c])
   };
	   do
	   :: d_step { handler_outer == NONE -> selector_step(0, whom, at, handler_outer) }
	   :: d_step { handler_outer != NONE && handler_inner == NONE -> selector_step(1, whom, at, handler_inner) }
	   :: d_step {
		handler_inner != NONE ->
		assert(handler_outer == handler_inner);			/* I6 */
		handler_outer = NONE;
		handler_inner = NONE;
		whom = 0;
		irqs[c] = ON
	      } -> break
	   od
	od
}

#if INTERRUPTS
/*
 * klp_interrupted(), at the end of an interrupt: a pending kernel thread is judged where it was interrupted, between any
 * two of its steps. The stack of a thread that is in a selector cannot be judged.
 */
proctype Interrupt(byte c)
{
	byte me, seen;
	bool clear;

	do
	:: d_step {
	irqs[c] == ON && !calm && running[c] < TASKS && thread[running[c]] && pending[running[c]] ->
	irqs[c] = HANDLER;
	me = running[c]
   };
	   d_step { READ_TARGET };
	   d_step { clear = STACK_CLEAR(me) && (selector[me] == AT_SLOT || BUG(SELECTOR_JUDGED)) };
	   if
	   :: d_step { clear && pending[me] -> pending[me] = false } ->
		d_step { seen = (BUG(TARGET_AFTER_CLEAR) -> target : seen) };
		d_step { assert(seen != NONE && state[me] != NONE); state[me] = seen };
		klp_task_done()
	   :: !(clear && pending[me])
	   fi;
	   d_step { irqs[c] = ON; me = 0; seen = 0; clear = false }
	od
}
#endif

/* ---- the patch: core.c, transition.c -------------------------------------------------------------------------------- */

/*
 * klp_for_each_task(): a walk meets tasks in the order of their places; tasks are born and die meanwhile. In the second form,
 * the work on one task is one step.
 */
#define EXISTS(t)	(life[t] != UNBORN && (t < TASKS || !BUG(IDLE_FORGOTTEN)))
#if EXECS
#define WALK_BEGINS	moved[0] = false;
#define HAS_MOVED	:: atomic { i < TASKS && moved[i] -> i++ }	/* the walk has passed its new place already */
#define GO_ON		i = i + (BUG(WALK_FOLLOWS) && i < TASKS && moved[i] -> 2 : 1)
#else
#define WALK_BEGINS
#define HAS_MOVED
#define GO_ON		i++
#endif
#define PASSED		:: atomic { i < ALL && !EXISTS(i) -> i++ } HAS_MOVED :: atomic { i >= ALL -> i = 0 } -> break od
#define FOR_EACH_TASK	WALK_BEGINS do :: atomic { i < ALL && EXISTS(i) -> held = i };
#define NEXT_TASK	GO_ON; held = NOBODY PASSED
#define EACH_TASK	WALK_BEGINS do :: atomic { i < ALL && EXISTS(i) ->
#define DONE		; GO_ON } PASSED

/* Under tasklist_lock, where only forks can see the change: one step. */
inline klp_set_flagging(on)
{
	d_step { !tasklist_lock -> flagging = on }
}

inline set_initial_states()
{
	EACH_TASK
		assert(state[i] == NONE || state[i] == initial);
		state[i] = initial
	DONE
}

inline set_transition_flags(on)
{
	transition[0] = on;
	transition[1] = on
}

inline set_pushed(on)
{
	pushed[0] = on;
	pushed[1] = on
}

/* klp_hooks_sync(): text_poke_batch() ends with serialising rounds. */
inline klp_hooks_sync(what)
{
	slot[0] = what;
	slot[1] = what;
	smp_sync_core()
}

inline klp_init_transition()
{
	atomic { if :: !BUG(TARGET_AFTER_FLAGS) -> target = goal :: else fi };
	d_step { !tasklist_lock -> initial = 1 - goal };
	if
	:: BUG(STATES_AFTER_ARM)
	:: BUG(STATES_AFTER_FLAGS) -> set_transition_flags(true)
	:: !BUG(STATES_AFTER_ARM) && !BUG(STATES_AFTER_FLAGS) -> set_initial_states()
	fi;
	if
	:: BUG(FLAGS_AFTER_ARM)
	:: BUG(STATES_AFTER_FLAGS) -> set_initial_states()
	:: !BUG(FLAGS_AFTER_ARM) && !BUG(STATES_AFTER_FLAGS) -> set_transition_flags(true)
	fi
}

inline arm()
{
	if
	:: goal == NEW -> set_pushed(true); klp_hooks_sync(SELECTOR)
	:: goal == OLD && !BUG(DISABLE_NO_ARM) -> klp_hooks_sync(SELECTOR)
	:: goal == OLD && BUG(DISABLE_NO_ARM)
	fi;
	if
	:: BUG(STATES_AFTER_ARM) -> set_initial_states()
	:: BUG(FLAGS_AFTER_ARM) -> set_transition_flags(true)
	:: !BUG(STATES_AFTER_ARM) && !BUG(FLAGS_AFTER_ARM)
	fi
}

/* klp_flag_task(). A task that has died keeps klp_gone as long as the walk holds it. */
#define IS_GONE(t)	(life[t] == GONE || life[t] == UNBORN)
inline flag_tasks()
{
	FOR_EACH_TASK
		if
		:: state[i] != goal ->
			if
			:: d_step { !pending[i] -> pending[i] = true } ->
				count++;
				if
				:: d_step { IS_GONE(i) && pending[i] -> pending[i] = false; klp_task_done() }
				:: !(IS_GONE(i) && pending[i])
				fi
			:: pending[i]
			fi
		:: state[i] == goal
		fi;
	NEXT_TASK
}

inline look_at_tasks()
{
	EACH_TASK
		klp_look_at_task(i)
	DONE
}

inline klp_start_transition()
{
	/* klp_ranges_set(): a round, then the ranges; without a flag, no task reads the ranges or counts. */
	if
	:: BUG(RANGES_NO_ROUND)
	:: !BUG(RANGES_NO_ROUND) -> smp_sync_core()
	fi;
	atomic {
		if :: !BUG(STALE_RANGES) || forbidden == NONE -> forbidden = 1 - goal :: else fi;
		if :: !BUG(NO_START_COUNT) -> count++ :: else fi
	};
	klp_set_flagging(true);
	flag_tasks();
	atomic { if :: BUG(TARGET_AFTER_FLAGS) || BUG(FLIP_AFTER_FLAGS) -> target = goal :: else fi };
	if
	:: BUG(START_NO_ROUND)
	:: !BUG(START_NO_ROUND) -> smp_sync_core()
	fi;
	if
	:: BUG(LOOK_FORGOTTEN)
	:: !BUG(LOOK_FORGOTTEN) -> look_at_tasks()
	fi;
	atomic { if :: !BUG(NO_START_COUNT) -> count-- :: else fi }
}

inline klp_reverse_transition()
{
	goal = 1 - goal;
	atomic { if :: BUG(FLIP_FIRST) -> target = goal :: else fi };
	klp_set_flagging(false);
	EACH_TASK
		if :: pending[i] -> pending[i] = false; count-- :: else fi
	DONE;
	atomic { !tasklist_lock -> if :: !BUG(FLIP_AFTER_FLAGS) -> target = goal :: else fi };
	klp_start_transition()
}

inline reset_states()
{
	d_step { !tasklist_lock -> flagging = false; initial = NONE };
	EACH_TASK
		assert(!pending[i]);
		assert(life[i] == GONE || state[i] == goal || state[i] == NONE);
		state[i] = NONE
	DONE
}

/* I3: no task, and no handler, is in a function that has been left. */
#define IN(t)		(life[t] == LIVE && (outer[t] == 1 - goal || inner[t] == 1 - goal))
#if TASKS == 3
#define ANYBODY_IN	(IN(0) || IN(1) || IN(2))
#elif TASKS == 2
#define ANYBODY_IN	(IN(0) || IN(1))
#else
#define ANYBODY_IN	IN(0)
#endif

inline klp_complete_transition()
{
	assert(!ANYBODY_IN && handler_outer != 1 - goal && handler_inner != 1 - goal);
	if
	:: BUG(STATE_BEFORE_SYNC) -> reset_states()
	:: !BUG(STATE_BEFORE_SYNC)
	fi;
	if
	:: goal == NEW ->
		set_transition_flags(false);
		klp_hooks_sync(JUMP)
	:: goal == OLD ->
		if
		:: BUG(FLAGS_BEFORE_POP) -> set_transition_flags(false)
		:: !BUG(FLAGS_BEFORE_POP)
		fi;
		set_pushed(false);
		if
		:: BUG(FREE_NO_ROUND) -> slot[0] = NOP; slot[1] = NOP
		:: !BUG(FREE_NO_ROUND) -> klp_hooks_sync(NOP)
		fi;
		set_transition_flags(false)
	fi;
	if
	:: BUG(STATE_BEFORE_SYNC)
	:: !BUG(STATE_BEFORE_SYNC) -> reset_states()
	fi;
	atomic {
		assert(!ANYBODY_IN && handler_outer != 1 - goal && handler_inner != 1 - goal);
		target = NONE; forbidden = NONE; calm = false;
		freed = (goal == OLD)			/* klp_settle_patches(): the module may be freed */
	}
}

/* A force breaks claims by definition: every pending task, running or not, counts as changed over. */
inline klp_force_transition()
{
	EACH_TASK
		if :: pending[i] -> pending[i] = false; state[i] = target; klp_task_done() :: else fi
	DONE
}

/*
 * The holders of klp_mutex: the administrator, which enables, disables and reverses; and the work item that completes. At any
 * time all may become calm: then no task starts a call, and each task in a call finishes it. If the transition does not
 * complete then, no step is possible, and the verifier reports an invalid end state: an event was lost.
 */
proctype Administrator()
{
	byte i, goal;
	bool synced[CPUS];

	do
	:: work -> work = false
	:: !work ->
		goal = (freed -> NEW : OLD);
		freed = false;
		klp_init_transition();
		arm();
		klp_start_transition();
		do
		:: count == 0 -> break			/* klp_complete_if_done() of the starter */
		:: count != 0 ->
			do
			:: work -> work = false; break
			:: !calm -> calm = true
			:: !calm -> klp_reverse_transition(); break
			:: !calm && SAFETY -> look_at_tasks()		/* klp_nudge_work_fn() */
			:: BUG(FORCE) -> klp_force_transition()
			od
		od;
		klp_complete_transition()
	od
}

init {
	byte t;

	c_code { now.seeded = getenv("SEEDED") ? atoi(getenv("SEEDED")) : NO_BUG; };
	atomic {
		life[0] = LIVE; mode[0] = BORN;
		life[IDLE_TASK(0)] = (IDLES -> LIVE : UNBORN);
		life[IDLE_TASK(1)] = (IDLES -> LIVE : UNBORN);
#if TASKS > 1
		if :: !THREADS -> life[1] = LIVE; mode[1] = BORN :: else fi;
#endif
#if TASKS > 2
		if :: !FORKS -> life[2] = LIVE; mode[2] = BORN :: else fi;
#endif
		running[0] = 0; running[1] = IDLE_TASK(1);
		for (t : 0 .. TASKS - 1) {
			run Task(t)
		}
		t = 0;
		run Idle(IDLE_TASK(0));
		run Idle(IDLE_TASK(1));
		run Administrator();
#if HANDLERS
		run Handler(0);
#endif
#if INTERRUPTS
		run Interrupt(0);
		run Interrupt(1)
#endif
	}
}
