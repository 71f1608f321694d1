/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of ports that outlive their server (PORT_REATTACH): which objects stay, which calls wait or
 * fail, and which process may take over the port. The first server is a child that is killed; the
 * test itself is the next server.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <tap.h>
#include "ipc_peer.h"

#define FLAGS	(PORT_CANCEL_OK | PORT_REATTACH)

static int told[2];		/* a pipe: the first server tells that it has reached a step */

static void tell(uint64_t value)
{
	CHECK_EQ(write(told[1], &value, sizeof(value)), (long)sizeof(value));
}

static uint64_t hear(void)
{
	uint64_t value;

	CHECK_EQ(read(told[0], &value, sizeof(value)), (long)sizeof(value));
	return value;
}

/* Starts and mounts a first server, which then runs @body and waits until it is killed. */
static pid_t start_first(unsigned flags, void (*body)(void))
{
	pid_t pid;

	snprintf(mount_path, sizeof(mount_path), "/tmp/ipc.%d", getpid());
	CHECK_EQ(pipe(told), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid)
		return hear() == 1 ? pid : -1;
	port = port_create(flags, LEVEL);
	CHECK(port >= 0);
	CHECK_EQ(port_mount(port, mount_path, 4242), 0);
	tell(1);
	body();
	for (;;)
		pause();
}

static void kill_first(pid_t first)
{
	CHECK_EQ(kill(first, SIGKILL), 0);
	CHECK_EQ(waitpid(first, NULL, 0), first);
}

static void take_over(void)
{
	port = port_adopt(mount_path, FLAGS, LEVEL);
	CHECK(port >= 0);
	CHECK_EQ(port_mount(port, mount_path, 4242), 0);	/* the mount exists already */
}

static void nothing(void)
{
}

static void serve_open_only(void)
{
	serve_open(&device);
	tell(2);
}

/* Serves an open, receives a read without answering, and tells the tag of the read. */
static void hold_read(void)
{
	serve_open(&device);
	CHECK_EQ(receive()->op, PORT_READ);
	tell(msg.request.tag);
}

static int client_read_k(void)
{
	char c = 0;

	return read(open_it(), &c, 1) == 1 && c == 'k' ? 7 : 1;
}

static int gate[2];

/* Opens the file, and reads after the test has written to the gate. */
static int client_read_later(void)
{
	char c = 0;
	int fd = open_it();

	if (fd < 0 || read(gate[0], &c, 1) != 1)
		return 1;
	return read(fd, &c, 1) == 1 && c == 'k' ? 7 : 2;
}

static void answer_k(uint64_t tag)
{
	CHECK_EQ(answer_with(tag, 1, 0, "k", 1), 0);
}

/* ---- what stays --------------------------------------------------------------------- */

static void open_files_go_on_with_the_next_server(void)
{
	pid_t first = start_first(FLAGS, serve_open_only), child;

	CHECK_EQ(pipe(gate), 0);
	child = client(client_read_later);
	CHECK_EQ(hear(), 2);
	kill_first(first);
	take_over();
	CHECK_EQ(write(gate[1], "x", 1), 1);
	CHECK_EQ(receive()->op, PORT_READ);
	CHECK_EQ(msg.request.handle, HANDLE);
	answer_k(msg.request.tag);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 7);
}

static void a_call_the_dead_server_had_is_received_again(void)
{
	pid_t first = start_first(FLAGS, hold_read), child = client(client_read_k);
	uint64_t tag = hear();

	kill_first(first);
	take_over();
	CHECK_EQ(receive()->tag, tag);
	CHECK_EQ(msg.request.op, PORT_READ);
	answer_k(tag);
	expect_status(child, 7);
}

static void calls_made_meanwhile_wait(void)
{
	pid_t first = start_first(FLAGS, nothing), child;

	kill_first(first);
	child = client(client_read_k);
	wait_asleep(child);
	take_over();
	serve_open(&device);
	answer_k(receive()->tag);
	expect_status(child, 7);
}

#define MANY	40

static uint64_t tags[MANY];

static void hold_many(void)
{
	for (int i = 0; i < MANY / 2; i++)
		tell(receive()->tag);
}

static void calls_are_received_again_in_their_order(void)
{
	pid_t first = start_first(FLAGS, hold_many), child[MANY];
	uint64_t last = 0;

	for (int i = 0; i < MANY; i++)
		child[i] = client(client_stat);
	for (int i = 0; i < MANY / 2; i++)
		tags[i] = hear();
	for (int i = 0; i < MANY; i++)
		wait_asleep(child[i]);
	kill_first(first);
	take_over();
	for (int i = 0; i < MANY; i++) {
		CHECK(receive()->tag > last);
		last = msg.request.tag;
		if (i < MANY / 2)
			CHECK_EQ(last, tags[i]);
		CHECK_EQ(answer_with(last, 0, 0, &regular, sizeof(regular)), 0);
	}
	for (int i = 0; i < MANY; i++)
		expect_status(child[i], 0);
}

static void a_file_closed_meanwhile_is_noted(void)
{
	pid_t first = start_first(FLAGS, hold_read), child = client(client_read_forever);
	uint64_t handles[4];

	hear();
	kill_first(first);
	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
	take_over();
	/* The closed handle counts as open until the server receives its CLOSE note. */
	CHECK_EQ(port_handles(port, handles, 4), 1);
	CHECK_EQ(handles[0], HANDLE);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	CHECK_EQ(port_handles(port, handles, 4), 0);
	expect_nothing();
}

static void open_three(void)
{
	static const int order[] = { 5, 3, 5 };

	for (int i = 0; i < 3; i++) {
		receive();
		CHECK_EQ(answer_with(msg.request.tag, 0, order[i], &device, sizeof(device)), 0);
	}
	tell(2);
}

static int client_opens_three(void)
{
	for (int i = 0; i < 3; i++)
		if (open_it() < 0)
			return 1;
	pause();
	return 0;
}

static void open_handles_can_be_asked_for(void)
{
	pid_t first = start_first(FLAGS, open_three), child = client(client_opens_three);
	uint64_t handles[4] = { 0 };

	CHECK_EQ(hear(), 2);
	kill_first(first);
	take_over();
	CHECK_EQ(port_handles(port, NULL, 0), 3);
	CHECK_EQ(port_handles(port, handles, 1), 3);
	CHECK_EQ(port_handles(port, handles, 4), 3);
	CHECK_EQ(handles[0] + handles[1] + handles[2], 13);
	CHECK_EQ(port_handles(port, (void *)4096, 4), -EFAULT);
	CHECK_EQ(port_handles(port, handles, 1ul << 40), -EINVAL);
	kill(child, SIGKILL);
}

/* ---- memory ------------------------------------------------------------------------- */

#define MEMORY		((char *)0x600000000000)
#define MEMORY_SIZE	(64 * 4096)

static void write_memory(void)
{
	CHECK_EQ(port_memory(port, MEMORY, MEMORY_SIZE), 0);
	for (int i = 0; i < MEMORY_SIZE; i++)
		CHECK_EQ(MEMORY[i], 0);
	memset(MEMORY + 5000, 'm', 100000);
	tell(2);
}

static void memory_stays(void)
{
	pid_t first = start_first(FLAGS, write_memory);

	CHECK_EQ(hear(), 2);
	kill_first(first);
	take_over();
	CHECK_EQ(port_memory(port, MEMORY, MEMORY_SIZE + 4096), -EINVAL);
	CHECK_EQ(port_memory(port, MEMORY + 1, MEMORY_SIZE), -EINVAL);
	CHECK_EQ(port_memory(port, MEMORY, 0), -EINVAL);
	CHECK_EQ(port_memory(port, MEMORY, 1ul << 46), -EINVAL);
	CHECK_EQ(port_memory(port, MEMORY, MEMORY_SIZE), 0);
	for (int i = 0; i < MEMORY_SIZE; i++)
		CHECK_EQ(MEMORY[i], i >= 5000 && i < 105000 ? 'm' : 0);
}

static void memory_can_be_given_back(void)
{
	start_server(FLAGS);
	CHECK_EQ(port_discard(port, MEMORY, 4096), -EINVAL);
	CHECK_EQ(port_memory(port, MEMORY, MEMORY_SIZE), 0);
	memset(MEMORY, 'm', MEMORY_SIZE);
	CHECK_EQ(port_discard(port, MEMORY + 4096, 2 * 4096), 0);
	for (int i = 0; i < MEMORY_SIZE; i++)
		CHECK_EQ(MEMORY[i], i / 4096 == 1 || i / 4096 == 2 ? 0 : 'm');
	CHECK_EQ(port_discard(port, MEMORY + MEMORY_SIZE - 4096, 2 * 4096), -EINVAL);
	CHECK_EQ(port_discard(port, MEMORY - 4096, 4096), -EINVAL);
	CHECK_EQ(port_discard(port, MEMORY + 1, 4096), -EINVAL);
}

/* ---- what is given up --------------------------------------------------------------- */

static int client_eio(void)
{
	char c;
	int fd = open_it();

	return read(fd, &c, 1) == -1 && errno == EIO ? 5 : 1;
}

static void a_call_that_two_servers_died_with_ends(void)
{
	pid_t first = start_first(FLAGS, hold_read), child = client(client_eio), second;
	uint64_t tag = hear();

	kill_first(first);
	second = fork();
	if (!second) {
		take_over();
		tell(receive()->tag);
		pause();
	}
	CHECK_EQ(hear(), tag);
	kill_first(second);
	expect_status(child, 5);
	take_over();
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	CHECK_EQ(answer(tag, 0), -ESRCH);
}

static void a_signal_ends_the_wait_for_a_server(void)
{
	pid_t first = start_first(FLAGS, hold_read), child = client(client_handler);

	hear();
	kill_first(first);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	expect_status(child, 10);
	take_over();
	receive_note(PORT_NOTE_CLOSE);
	expect_nothing();
}

static void tell_of_signal(int sig)
{
	uint64_t value = 3;

	if (write(told[1], &value, sizeof(value)) != (long)sizeof(value))
		_exit(1);
}

static int client_tells_of_signal(void)
{
	struct sigaction action = { .sa_handler = tell_of_signal };

	sigaction(SIGUSR1, &action, NULL);
	return client_read_k();
}

/* A queued call to a server of files delays signals. Without a server the call does not delay them. */
static void a_signal_is_taken_in_the_wait_of_a_call_that_no_server_has_had(void)
{
	pid_t first = start_first(FLAGS | PORT_FILES, serve_open_only), child = client(client_tells_of_signal);

	CHECK_EQ(hear(), 2);
	wait_blocked(child);
	kill_first(first);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	CHECK_EQ(hear(), 3);
	port = port_adopt(mount_path, FLAGS | PORT_FILES, LEVEL);
	CHECK(port >= 0);
	CHECK_EQ(receive()->op, PORT_READ);
	answer_k(msg.request.tag);
	expect_status(child, 7);
}

static void hold_cancelled_read(void)
{
	hold_read();
	receive_note(PORT_NOTE_CANCEL);
	tell(2);
}

static void a_cancelled_call_ends_with_its_server(void)
{
	pid_t first = start_first(FLAGS, hold_cancelled_read), child = client(client_handler);

	hear();
	CHECK_EQ(kill(child, SIGUSR1), 0);
	CHECK_EQ(hear(), 2);
	wait_blocked(child);
	kill_first(first);
	expect_status(child, 10);
	take_over();
	receive_note(PORT_NOTE_CLOSE);
	expect_nothing();
}

static void a_vacant_port_without_a_mount_dies(void)
{
	pid_t first = start_first(FLAGS, hold_read), child = client(client_eio);
	char path[80];

	hear();
	/* Another port takes the only mount while the first port is vacant, so no server can adopt the first port. */
	kill_first(first);
	port = port_create(0, LEVEL);
	CHECK_EQ(port_mount(port, mount_path, 1), 0);
	expect_status(child, 5);
	CHECK_EQ(port_adopt(mount_path, FLAGS, LEVEL), -EINVAL);
	snprintf(path, sizeof(path), "%s/sub", mount_path);
	CHECK_EQ(port_adopt(path, FLAGS, LEVEL), -ENOENT);
}

/* ---- rights ------------------------------------------------------------------------- */

static void only_a_vacant_port_of_the_same_kind_is_adopted(void)
{
	pid_t first = start_first(FLAGS, nothing), child;

	CHECK_EQ(port_adopt(mount_path, FLAGS, LEVEL), -EBUSY);
	kill_first(first);
	CHECK_EQ(port_adopt(mount_path, PORT_REATTACH, LEVEL), -EINVAL);
	CHECK_EQ(port_adopt(mount_path, FLAGS, LEVEL + 1), -EINVAL);
	CHECK_EQ(port_adopt("/proc", FLAGS, LEVEL), -ENOENT);
	child = fork();
	if (!child) {
		CHECK_EQ(setuid(1000), 0);
		_exit(port_adopt(mount_path, FLAGS, LEVEL) == -EPERM ? 3 : 1);
	}
	expect_status(child, 3);
	take_over();
	CHECK_EQ(port_adopt(mount_path, FLAGS, LEVEL), -EBUSY);
}

static void a_dead_port_is_not_adopted(void)
{
	pid_t first = start_first(PORT_CANCEL_OK, nothing);

	kill_first(first);
	CHECK_EQ(port_adopt(mount_path, PORT_CANCEL_OK, LEVEL), -EIO);
}

static void inherit(void)
{
	if (fork())
		_exit(0);
	tell(getpid());
	pause();
}

static void an_inherited_descriptor_has_no_effect_on_the_next_server(void)
{
	pid_t first = start_first(FLAGS, inherit), heir = (pid_t)hear(), child;

	CHECK_EQ(waitpid(first, NULL, 0), first);
	take_over();
	CHECK_EQ(kill(heir, SIGKILL), 0);	/* the last process with the first server's descriptor */
	while (kill(heir, 0) == 0)
		sched_yield();
	child = client(client_read_k);
	serve_open(&device);
	answer_k(receive()->tag);
	expect_status(child, 7);
}

static void a_closed_descriptor_also_leaves_the_port(void)
{
	pid_t child;

	start_server(FLAGS);
	child = client(client_read_k);
	serve_open(&device);
	receive();
	CHECK_EQ(close(port), 0);
	take_over();
	CHECK_EQ(receive()->op, PORT_READ);
	answer_k(msg.request.tag);
	expect_status(child, 7);
}

/* ---- a thread of the old server ------------------------------------------------------- */

static volatile bool ready, closing;
static volatile int head_start;		/* the time before the close; differs from round to round */
static long late;

static void *answer_while_closing(void *tag)
{
	struct port_reply reply = { .tag = *(uint64_t *)tag, .status = 1, .len = 1,
				    .data = (uintptr_t)"o" };

	ready = true;
	while (!closing)
		;
	late = port_reply_recv(port, &reply, NULL, 0);
	return NULL;
}

/*
 * The body of the first server: one thread answers while the other thread closes the port. Exits
 * with 1 if the kernel accepted the answer.
 */
static void give_up_while_answering(void)
{
	pthread_t thread;
	uint64_t tag;

	serve_open(&device);
	tag = receive()->tag;
	CHECK_EQ(pthread_create(&thread, NULL, answer_while_closing, &tag), 0);
	while (!ready)
		;
	closing = true;
	for (volatile int i = 0; i < head_start; i++)
		;
	CHECK_EQ(close(port), 0);
	pthread_join(thread, NULL);
	CHECK(late == 0 || late == -ESRCH || late == -EPERM || late == -EBADF);
	_exit(late == 0);
}

static int client_read_any(void)
{
	char c = 0;

	return read(open_it(), &c, 1) == 1 && (c == 'k' || c == 'o') ? c : 1;
}

/* Takes over as soon as the port is vacant. Returns true, and the tag, if the call was received again. */
static bool receive_again(uint64_t *tag)
{
	while ((port = port_adopt(mount_path, FLAGS, LEVEL)) == -EBUSY)
		;
	CHECK(port >= 0);
	CHECK_EQ(port_reply_recv(port, NULL, &msg, -1), 0);
	*tag = msg.request.tag;
	return *tag;
}

/*
 * The port gets another server while a thread of the old server is about to answer. If the thread is
 * too late, the next server receives the call, and the answer of the next server counts. Otherwise the
 * call is complete, and only the CLOSE note is left. With race=SEED,1,__x64_sys_port_reply_recv the two
 * meet in most rounds.
 */
static void an_answer_of_the_old_server_does_not_end_a_call_of_the_next(void)
{
	for (int round = 0; round < 40; round++) {
		pid_t first, child;
		uint64_t tag;

		head_start = round * 100;
		first = start_first(FLAGS, give_up_while_answering);
		child = client(client_read_any);
		if (receive_again(&tag)) {
			expect_status(first, 0);
			answer_k(tag);
			expect_status(child, 'k');
		} else {
			CHECK_EQ(msg.note.kind, PORT_NOTE_CLOSE);
			expect_status(first, 1);
			expect_status(child, 'o');
		}
		CHECK_EQ(close(port), 0);	/* the next round mounts over this port */
	}
}

int main(void)
{
	TAP_TEST(open_files_go_on_with_the_next_server);
	TAP_TEST(a_call_the_dead_server_had_is_received_again);
	TAP_TEST(calls_made_meanwhile_wait);
	TAP_TEST(calls_are_received_again_in_their_order);
	TAP_TEST(a_file_closed_meanwhile_is_noted);
	TAP_TEST(open_handles_can_be_asked_for);
	TAP_TEST(memory_stays);
	TAP_TEST(memory_can_be_given_back);
	TAP_TEST(a_call_that_two_servers_died_with_ends);
	TAP_TEST(a_signal_ends_the_wait_for_a_server);
	TAP_TEST(a_cancelled_call_ends_with_its_server);
	TAP_TEST(a_vacant_port_without_a_mount_dies);
	TAP_TEST(only_a_vacant_port_of_the_same_kind_is_adopted);
	TAP_TEST(a_dead_port_is_not_adopted);
	TAP_TEST(an_inherited_descriptor_has_no_effect_on_the_next_server);
	TAP_TEST(a_closed_descriptor_also_leaves_the_port);
	TAP_TEST(an_answer_of_the_old_server_does_not_end_a_call_of_the_next);
	TAP_TEST(a_signal_is_taken_in_the_wait_of_a_call_that_no_server_has_had);
	return tap_done();
}
