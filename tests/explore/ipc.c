/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipc.c - scenes of kernel/ipc: clients call a server, and are disturbed by signals, kicks and death.
 *
 * Violations of the rules of docs/ipc.md that a scene reports:
 *
 *	rule 1	a call ends with an answer that was not given for its tag; an answer for an ended call is accepted; the
 *		server gets a request twice, or a request that its client has taken back
 *	rule 2	a CANCEL comes before its request, or for an ended call
 *	rule 5	a client sees EINTR
 *	rule 6	a client that is killed waits for its server
 *	rule 11	an ordinary signal takes a call back that no server has received, although the server lives
 *	vacancy	the next server does not get the calls of the previous one, with their tags
 *
 * The stage itself reports a wait without end, a failed assertion, and a use of freed memory.
 */
#include "stage.h"
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include "../../kernel/ipc/ipc_internal.h"

#define TAGS_MAX	32
#define CALLS		2		/* of each client */
#define LATE_ANSWER	77		/* a status for calls whose clients have died */

long __x64_sys_port_reply_recv(const struct pt_regs *regs);

/* The record of each call, by its tag. */
static struct call_story {
	bool received, over, died, answered, refused;
	s64 given, got;
	int error;
} stories[TAGS_MAX];

struct server {
	struct process *process;
	struct port_reply reply;
	union port_message msg;
	u64 data, parked, answering;
	bool parks, dies;
};

extern struct process exec_process;
const struct file_ops port_fd_ops;

static struct port *port;
static struct file port_file;
static struct file *port_slots[1] = { &port_file };
static struct files server_files = { .refs = { 1 }, .size = 1, .slot = port_slots };
static char server_mm[4096];		/* an address space: only its address matters */
static struct server servers[2];
static struct task *victim;
static unsigned clients_left;
static bool kept, vacant, ipc_scene, only_signals;

static struct call_story *story_of(u64 tag)
{
	if (!tag || tag >= TAGS_MAX)
		violation("there is no call %lu", (unsigned long)tag);
	return &stories[tag];
}

/* ---- the server --------------------------------------------------------------------------- */

static void answer(struct server *s, u64 tag, s64 status)
{
	struct call_story *story = story_of(tag);

	s->data = tag * 1000;
	s->reply = (struct port_reply){ .tag = tag, .status = status, .len = sizeof(s->data),
					.data = (u64)&s->data };
	s->answering = tag;
	story->answered = true;
	story->given = status;
	note("the server answers %lu with %ld", (unsigned long)tag, (long)status);
}

static void serve_request(struct server *s, u64 tag)
{
	struct call_story *story = story_of(tag);

	note("the server has request %lu", (unsigned long)tag);
	/* A killed client may have died while the server returned with its request. */
	if (story->over && !story->died)
		violation("rule 1: the server gets call %lu, which is over", (unsigned long)tag);
	if (story->received)
		violation("rule 1: the server gets call %lu again", (unsigned long)tag);
	story->received = true;
	if (!s->parks) {
		answer(s, tag, (s64)tag);
		return;
	}
	s->parks = false;
	s->parked = tag;
	WRITE_ONCE(kept, true);
	wake_up_all(&door);
}

static void serve_cancel(struct server *s, const struct port_note *n)
{
	struct call_story *story = story_of(n->value);

	note("the server has a CANCEL (%u) for %lu", n->reason, (unsigned long)n->value);
	if (!story->received)
		violation("rule 2: a CANCEL before its request");
	if (story->over && n->reason != PORT_CANCEL_GONE)
		violation("rule 2: a CANCEL for a call that is over");
	/* The server may give up the call that it kept; after GONE an answer is too late. */
	answer(s, n->value, n->reason == PORT_CANCEL_GONE ? LATE_ANSWER : -EINTR);
}

/* One system call: sends the answer in s->reply, and receives the next message. */
static void server_turn(struct server *s)
{
	struct pt_regs regs = { .rdi = 0, .rsi = (unsigned long)&s->reply,
				.rdx = (unsigned long)&s->msg, .r10 = (unsigned long)-1L };
	u64 tag = s->answering;
	long error;

	current->files = &server_files;
	current->mm = (struct mm *)server_mm;
	error = __x64_sys_port_reply_recv(&regs);
	s->answering = 0;
	if (tag && error == -ESRCH)
		story_of(tag)->refused = true;
	if (error == -EIO || error == -EPERM)
		do_exit(0);
	if (error && error != -ESRCH && error != -ERESTARTSYS)
		violation("the server's call fails with %ld", error);
	if (error)
		return;
	if (s->msg.req.tag)
		serve_request(s, s->msg.req.tag);
	else
		serve_cancel(s, &s->msg.note);
}

static void server_leaves(struct server *s)
{
	/* The next server gets the calls of this one, with their tags. */
	for (unsigned tag = 1; tag < TAGS_MAX; tag++)
		stories[tag].received &= stories[tag].over;
	port_owner_gone(port, s->process, NULL);
	WRITE_ONCE(vacant, true);
	wake_up_all(&door);
	do_exit(0);
}

static void sys_server(void)
{
	server_turn(&servers[0]);
	if (servers[0].dies && servers[0].parked)
		server_leaves(&servers[0]);
}

static void program_server(void)
{
	for (;;)
		machine_syscall(sys_server);
}

static void sys_adopt(void)
{
	wait_event(door, READ_ONCE(vacant));
	if (port_set_owner(port, servers[1].process, &port_file))
		violation("the vacant port has an owner");
}

static void sys_second_server(void)
{
	server_turn(&servers[1]);
}

static void program_second_server(void)
{
	machine_syscall(sys_adopt);
	for (;;)
		machine_syscall(sys_second_server);
}

/* ---- clients ------------------------------------------------------------------------------- */

/* 0 or an -ERESTART code; -EIO. */
static int one_call(void)
{
	u64 data = 0, tag;
	struct iobuf out = { .base = &data, .len = sizeof(data) };
	struct call_request req = { .op = PORT_STAT, .handle = 1, .out = &out };
	struct call_result res = { .status = 0 };
	int error = call_server(port, &req, &res);
	struct call_story *story;

	if (error == -EIO)
		return -EIO;
	tag = current->call->req.tag;
	story = story_of(tag);
	note("call %lu ends: %d, status %ld", (unsigned long)tag, error, (long)res.status);
	if (story->over)
		violation("rule 1: call %lu ends twice", (unsigned long)tag);
	story->over = true;
	story->died = fatal_signal_pending(current);
	story->error = error;
	story->got = res.status;
	if (error && only_signals && !story->received)
		violation("rule 11: a signal takes call %lu back", (unsigned long)tag);
	if (!error && res.status == -EIO)
		return -EIO;
	if (!error && res.status == -EINTR)
		violation("rule 5: a client sees EINTR");
	if (!error && (!story->answered || res.status != story->given))
		violation("rule 1: call %lu has status %ld, which nobody gave", (unsigned long)tag, (long)res.status);
	if (!error && data != tag * 1000)
		violation("rule 1: call %lu has the data of another one", (unsigned long)tag);
	return error;
}

static void client_ends(void)
{
	if (!--clients_left)
		scene_done = true;
	do_exit(0);
}

/* On the way to user mode: services.c. */
void ipc_client_killed(void)
{
	irq_enable();
	client_ends();
}

static void sys_call(void)
{
	int error = one_call();

	if (fatal_signal_pending(current) || error == -EIO)
		client_ends();
	/* Else the way out clears the cause of the interruption, and the call is made again. */
	if (!error)
		current->restart.arg[0]++;
}

static void program_client(void)
{
	while (current->restart.arg[0] < CALLS)
		machine_syscall(sys_call);
	machine_syscall(client_ends);
}

/* ---- what comes in between --------------------------------------------------------------------- */

static void sys_kick(void)
{
	set_notify_signal(victim);
}

static void sys_kick_when_kept(void)
{
	wait_event(door, READ_ONCE(kept));
	set_notify_signal(victim);
	task_put(victim);
}

/* At any time; and when the server keeps a call, because it keeps the call until this disturbance. */
static void program_kicks(void)
{
	prelude();
	machine_syscall(sys_kick);
	machine_syscall(sys_kick_when_kept);
	machine_syscall(sys_exit);
}

static void program_kicks_once(void)
{
	machine_syscall(sys_kick_when_kept);
	machine_syscall(sys_exit);
}

static void send_signal(int signal, unsigned states)
{
	victim->pending.set |= BIT(signal - 1);
	set_task_flag(victim, TIF_SIGPENDING);
	if (!wake_up_state(victim, states))
		kick_task(victim);
}

static void sys_kill_victim(void)
{
	send_signal(SIGKILL, TASK_INTERRUPTIBLE | TASK_WAKEKILL);
	task_put(victim);
}

static void sys_signal(void)
{
	send_signal(SIGUSR1, TASK_INTERRUPTIBLE);
}

static void sys_signal_when_kept(void)
{
	wait_event(door, READ_ONCE(kept));
	sys_signal();
	task_put(victim);
}

/* As program_kicks(): the server gives the call that it keeps up at a CANCEL only. */
static void program_signals(void)
{
	prelude();
	machine_syscall(sys_signal);
	machine_syscall(sys_signal_when_kept);
	machine_syscall(sys_exit);
}

static void program_kills(void)
{
	prelude();
	machine_syscall(sys_kill_victim);
	machine_syscall(sys_exit);
}

/* ---- scenes ---------------------------------------------------------------------------------------- */

/* The clients have ended: checks what happened to each answer. */
void ipc_scene_over(void)
{
	if (!ipc_scene)
		return;
	for (unsigned tag = 1; tag < TAGS_MAX; tag++) {
		const struct call_story *s = &stories[tag];

		if (s->answered && s->refused && !s->error && s->over && s->got == s->given)
			violation("rule 1: the answer to call %u counts, and was refused", tag);
		if (s->answered && !s->refused && s->given == LATE_ANSWER)
			violation("rule 6: an answer to a call that has died is taken");
	}
}

static void boot_port(unsigned flags, unsigned clients)
{
	boot_kernel();
	ipc_scene = true;
	port = port_create(flags, 1);
	port_file = (struct file){ .ops = &port_fd_ops, .private = port };
	servers[0].process = &exec_process;
	servers[1].process = &kernel_process;
	port_get(port);				/* for the clients */
	if (port_set_owner(port, &exec_process, &port_file))
		violation("the new port has an owner");
	clients_left = clients;
	for (unsigned i = 0; i < clients; i++)
		victim = spawn(i ? "second client" : "client", program_client, ANY_CPU);
	spawn_in(&exec_process, "server", program_server, ANY_CPU);
}

/* A task that disturbs the last client. It has a reference on the client, and puts it. */
static void boot_disturber(const char *name, void (*program)(void))
{
	task_get(victim);
	spawn(name, program, ANY_CPU);
}

void boot_ask(void)
{
	boot_port(0, 2);
	machine_ready();
}

void boot_cancel(void)
{
	boot_port(PORT_CANCEL_OK, 1);
	servers[0].parks = true;
	boot_disturber("kicker", program_kicks);
	machine_ready();
}

void boot_signals(void)
{
	boot_port(PORT_CANCEL_OK, 1);
	only_signals = servers[0].parks = true;
	boot_disturber("signaller", program_signals);
	machine_ready();
}

/* The server keeps the call until its client is killed; then it answers nevertheless. */
void boot_gone(void)
{
	boot_port(PORT_CANCEL_OK, 1);
	servers[0].parks = true;
	boot_disturber("killer", program_kills);
	machine_ready();
}

void boot_port_dies(void)
{
	boot_port(0, 2);
	servers[0].parks = servers[0].dies = true;
	boot_disturber("kicker", program_kicks_once);
	machine_ready();
}

void boot_vacant(void)
{
	boot_port(PORT_REATTACH, 2);
	servers[0].parks = servers[0].dies = true;
	port_mounted(port);
	spawn_in(&kernel_process, "next server", program_second_server, ANY_CPU);
	machine_ready();
}
