/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_sharing.c - memory that several tasks share: copy-on-write across processes, and changes of
 * mappings that other threads must see at once.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include "mapping.h"
#include "tap.h"

/* ---- copy on write ----------------------------------------------------------------------- */

static void parent_and_child_do_not_see_each_others_writes(void)
{
	enum { PAGES = 600 };
	char *p = map(PAGES, RW);
	int to_child[2], to_parent[2];
	pid_t child;
	char byte;

	for (size_t i = 0; i < PAGES; i++)
		p[i * PAGE] = (char)i;
	CHECK_EQ(pipe(to_child), 0);
	CHECK_EQ(pipe(to_parent), 0);
	child = fork();
	if (!child) {
		for (size_t i = 0; i < PAGES; i += 2)
			p[i * PAGE] = 'c';
		CHECK_EQ(write(to_parent[1], "x", 1), 1);
		CHECK_EQ(read(to_child[0], &byte, 1), 1);
		for (size_t i = 0; i < PAGES; i++)
			CHECK_EQ(p[i * PAGE], i % 2 ? (char)i : 'c');
		_exit(0);
	}
	CHECK_EQ(read(to_parent[0], &byte, 1), 1);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(p[i * PAGE], (char)i);
		p[i * PAGE] = 'p';
	}
	CHECK_EQ(write(to_child[1], "x", 1), 1);
	expect_child(child);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(p[i * PAGE], 'p');
}

static void generations_of_forks_keep_their_own_values(void)
{
	volatile int *p = (int *)map(1, RW);

	for (int depth = 0; depth < 8; depth++) {
		pid_t child;

		*p = depth;
		child = fork();
		if (child) {
			*p = 1000 + depth;
			expect_child(child);
			CHECK_EQ(*p, 1000 + depth);
			_exit(0);
		}
		CHECK_EQ(*p, depth);
	}
}

static _Atomic int stop_writing;

static void *write_counters(void *arg)
{
	volatile uint64_t *words = arg;

	for (uint64_t n = 1; !stop_writing; n++)
		for (size_t i = 0; i < 8; i++)
			words[i * PAGE / 8] = n;
	return NULL;
}

/*
 * Threads continue to write while the process forks. The child must not see bytes that they write after
 * the fork.
 */
static void threads_that_write_during_fork_do_not_reach_the_child(void)
{
	volatile uint64_t *words = (uint64_t *)map(16, RW);
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, write_counters, (char *)words + i * 8 * PAGE), 0);
	for (int round = 0; round < 60; round++) {
		pid_t child = fork();

		if (!child) {
			uint64_t seen[16];

			for (size_t i = 0; i < 16; i++)
				seen[i] = words[i * PAGE / 8];
			for (int again = 0; again < 200; again++)
				for (size_t i = 0; i < 16; i++)
					CHECK_EQ(words[i * PAGE / 8], seen[i]);
			_exit(0);
		}
		expect_child(child);
	}
	stop_writing = 1;
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void shared_memory_is_shared_with_children(void)
{
	volatile int *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	CHECK(p != MAP_FAILED);
	p[0] = 1;
	child = fork();
	if (!child) {
		CHECK_EQ(p[0], 1);
		p[0] = 2;
		p[2 * PAGE / 4] = 3;	/* the first access to this page */
		_exit(0);
	}
	expect_child(child);
	CHECK_EQ(p[0], 2);
	CHECK_EQ(p[2 * PAGE / 4], 3);
	CHECK_EQ(p[3 * PAGE / 4], 0);
}

/* ---- changes that other threads must see at once ----------------------------------------- */

static volatile uint64_t *race_page;
static _Atomic int race_faults;

static void race_handler(int sig, siginfo_t *info, void *context)
{
	race_faults++;
	while (!stop_writing)
		;
	pthread_exit(NULL);
}

static void *race_writer(void *arg)
{
	for (;;)
		++*race_page;
	return NULL;
}

/* After @take_away has returned no thread can write any more, even if its CPU has an old translation. */
static void race_with_writers(void (*take_away)(void), uint64_t *(*look)(void))
{
	struct sigaction action = { .sa_sigaction = race_handler, .sa_flags = SA_SIGINFO };
	pthread_t threads[2];
	uint64_t before, *view;

	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, race_writer, NULL), 0);
	while (*race_page < 10000)
		;
	take_away();
	view = look();
	before = *(volatile uint64_t *)view;
	for (int i = 0; i < 300000; i++)
		CHECK_EQ(*(volatile uint64_t *)view, before);
	while (race_faults < 2)
		usleep(1000);
	stop_writing = 1;
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void protect_race_page(void)
{
	CHECK_EQ(mprotect((void *)race_page, PAGE, PROT_READ), 0);
}

static uint64_t *same_race_page(void)
{
	return (uint64_t *)race_page;
}

static void mprotect_stops_writers_on_all_cpus(void)
{
	race_page = (uint64_t *)map(1, RW);
	race_with_writers(protect_race_page, same_race_page);
}

static uint64_t *moved_race_page;

static void move_race_page(void)
{
	void *to = map(1, PROT_NONE);

	moved_race_page = mremap((void *)race_page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CHECK(moved_race_page != MAP_FAILED);
}

static uint64_t *other_race_page(void)
{
	return moved_race_page;
}

static void mremap_stops_writers_at_the_old_address(void)
{
	race_page = (uint64_t *)map(1, RW);
	race_with_writers(move_race_page, other_race_page);
}

int main(void)
{
	TAP_TEST(parent_and_child_do_not_see_each_others_writes);
	TAP_TEST(generations_of_forks_keep_their_own_values);
	TAP_TEST(threads_that_write_during_fork_do_not_reach_the_child);
	TAP_TEST(shared_memory_is_shared_with_children);
	TAP_TEST(mprotect_stops_writers_on_all_cpus);
	TAP_TEST(mremap_stops_writers_at_the_old_address);
	return tap_done();
}
