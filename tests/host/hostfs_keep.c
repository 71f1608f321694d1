/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostfs_keep.c - the state that hostfs keeps when it dies, compared with a model of the port: clients that
 * call and die, a server that receives, begins, ends and dies at any time. No request is begun twice, and no
 * request is refused that was not begun.
 *
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/hostfs -idirafter include
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <tap.h>
#include "../../user/servers/hostfs/keep.c"

#define CALLS	400
#define STEPS	200000

enum state { QUEUED, RECEIVED, RUNNING };

struct call {
	uint64_t tag;
	enum state state;
	bool begun;			/* a server process has begun the call */
	bool dead;			/* the client has died; the server still works on the call */
	unsigned deaths;		/* how many servers died while they had the call */
};

static struct call calls[CALLS];	/* in the order of their tags */
static unsigned nr_calls, nr_running;
static uint64_t last_tag;

int srv_memory(struct srv *srv, void *addr, size_t size)
{
	return mmap(addr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED ? -1 : 0;
}

static void forget(unsigned i)
{
	nr_running -= calls[i].state == RUNNING;
	memmove(&calls[i], &calls[i + 1], (--nr_calls - i) * sizeof(calls[0]));
}

/* The first call in @state, or -1. */
static int first(enum state state)
{
	for (unsigned i = 0; i < nr_calls; i++)
		if (calls[i].state == state)
			return i;
	return -1;
}

static void new_call(void)
{
	if (nr_calls < CALLS)
		calls[nr_calls++] = (struct call){ .tag = ++last_tag };
}

static void receive(void)
{
	int i = first(QUEUED);

	if (i < 0)
		return;
	if (keep_was_begun(calls[i].tag) != calls[i].begun)
		CHECK_FAIL("tag %llu: begun is %d", (unsigned long long)calls[i].tag, calls[i].begun);
	if (calls[i].begun)
		forget(i);		/* the server answers without doing the call again */
	else
		calls[i].state = RECEIVED;
}

static void begin(void)
{
	struct port_request req = { .op = PORT_MKNOD, .flags = PORT_REQ_PATH };
	int i = first(RECEIVED);

	if (i < 0 || nr_running == JOBS)
		return;
	CHECK(!calls[i].begun);
	req.tag = calls[i].tag;
	keep_begins(&req);
	calls[i].begun = true;
	calls[i].state = RUNNING;
	nr_running++;
}

static void end_one(void)
{
	unsigned i = nr_calls ? rand() % nr_calls : 0;

	if (!nr_calls || calls[i].state != RUNNING)
		return;
	keep_ended(calls[i].tag);
	forget(i);
}

static void client_dies(void)
{
	unsigned i = nr_calls ? rand() % nr_calls : 0;

	if (nr_calls && calls[i].state == QUEUED)
		forget(i);
	else if (nr_calls)
		calls[i].dead = true;
}

/* The dead server's calls come again, in the old order and before the others, so calls[] keeps its order. */
static void server_dies(void)
{
	for (unsigned i = 0; i < nr_calls;) {
		struct call *c = &calls[i];

		if (c->state == QUEUED || (!c->dead && ++c->deaths < 2)) {
			nr_running -= c->state == RUNNING;
			c->state = QUEUED;
			i++;
		} else {
			forget(i);
		}
	}
	memset(ours, 0, sizeof(ours));
	kept->processes++;
}

static void nothing_is_begun_twice(void)
{
	srand(tap_seed());
	CHECK_EQ(keep_open(NULL), 0);
	for (unsigned step = 0; step < STEPS; step++) {
		switch (rand() % 12) {
		case 0 ... 3:
			new_call();
			break;
		case 4 ... 6:
			receive();
			break;
		case 7 ... 8:
			begin();
			break;
		case 9:
			end_one();
			break;
		case 10:
			client_dies();
			break;
		default:
			if (rand() % 20 == 0)
				server_dies();
		}
	}
}

int main(void)
{
	TAP_TEST(nothing_is_begun_twice);
	return tap_done();
}
