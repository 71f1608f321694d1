/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_stress.c - an address space under threads that map, unmap, protect, move and drop
 * their own windows, while the process forks all the time. Each page of a window has a model:
 * absent, readable or writable, and a value. Every access must do what the model says, in the
 * value and in the signal.
 *
 * timeout: 300
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "tap.h"

#define PAGE	4096UL
#define PAGES	48
#define THREADS	4
#define STEPS	6000

enum access { ABSENT, NONE, READ, WRITE };

struct window {
	char *base;
	uint64_t value[PAGES];
	enum access access[PAGES];
	uint64_t seed;
};

static __thread sigjmp_buf *fault_return;
static __thread int fault_code;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	if (!fault_return)
		_exit(70);
	fault_code = info->si_code;
	siglongjmp(*fault_return, 1);
}

static unsigned pick(struct window *w, unsigned below)
{
	w->seed = w->seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(w->seed >> 33) % below;
}

static volatile uint64_t *word(struct window *w, unsigned page)
{
	return (volatile uint64_t *)(w->base + page * PAGE + 8 * (page % 512));
}

/* 0 or the code of the fault. */
static int touch(volatile uint64_t *p, uint64_t *value, int write)
{
	sigjmp_buf here;

	fault_code = 0;
	fault_return = &here;
	if (!sigsetjmp(here, 1)) {
		if (write)
			*p = *value;
		else
			*value = *p;
	}
	fault_return = NULL;
	return fault_code;
}

static void check_page(struct window *w, unsigned page)
{
	static const int write_code[] = { SEGV_MAPERR, SEGV_ACCERR, SEGV_ACCERR, 0 };
	static const int read_code[] = { SEGV_MAPERR, SEGV_ACCERR, 0, 0 };
	enum access access = w->access[page];
	uint64_t value = 0;

	CHECK_EQ(touch(word(w, page), &value, 0), read_code[access]);
	if (!read_code[access])
		CHECK_EQ(value, w->value[page]);
	value = w->seed | 1;
	CHECK_EQ(touch(word(w, page), &value, 1), write_code[access]);
	if (!write_code[access])
		w->value[page] = value;
}

static void set_range(struct window *w, unsigned first, unsigned n, enum access access, int clear)
{
	for (unsigned i = first; i < first + n; i++) {
		w->access[i] = access;
		if (clear)
			w->value[i] = 0;
	}
}

static const int protections[] = { 0, PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };

static void step_map(struct window *w, unsigned first, unsigned n)
{
	enum access access = NONE + pick(w, 3);

	CHECK(mmap(w->base + first * PAGE, n * PAGE, protections[access], MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
	      != MAP_FAILED);
	set_range(w, first, n, access, 1);
}

static void step_protect(struct window *w, unsigned first, unsigned n)
{
	enum access access = NONE + pick(w, 3);

	for (unsigned i = first; i < first + n; i++)
		if (w->access[i] == ABSENT)
			return;
	CHECK_EQ(mprotect(w->base + first * PAGE, n * PAGE, protections[access]), 0);
	set_range(w, first, n, access, 0);
}

/* To another place of the window: what was there is replaced. */
static void step_move(struct window *w, unsigned first, unsigned n)
{
	unsigned to = pick(w, PAGES - n + 1);

	for (unsigned i = first; i < first + n; i++)
		if (w->access[i] != w->access[first] || w->access[i] == ABSENT)
			return;
	if (to < first + n && first < to + n)
		return;
	/* Fails where the range is made of several mappings; then nothing has moved. */
	if (mremap(w->base + first * PAGE, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, w->base + to * PAGE) ==
	    MAP_FAILED) {
		CHECK_EQ(errno, EFAULT);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		w->access[to + i] = w->access[first + i];
		w->value[to + i] = w->value[first + i];
		/* The word of a page depends on its number. */
		if (w->access[to + i] == WRITE)
			*word(w, to + i) = w->value[to + i];
		w->access[first + i] = ABSENT;
	}
}

static int can_move(struct window *w, unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++)
		if (w->access[i] != WRITE)
			return 0;
	return 1;
}

static void step(struct window *w)
{
	unsigned first = pick(w, PAGES), n = 1 + pick(w, PAGES - first);

	switch (pick(w, 8)) {
	case 0:
		step_map(w, first, n);
		break;
	case 1:
		CHECK_EQ(munmap(w->base + first * PAGE, n * PAGE), 0);
		set_range(w, first, n, ABSENT, 0);
		break;
	case 2:
		step_protect(w, first, n);
		break;
	case 3:
		if (can_move(w, first, n))
			step_move(w, first, n);
		break;
	case 4:
		madvise(w->base + first * PAGE, n * PAGE, MADV_DONTNEED);
		for (unsigned i = first; i < first + n; i++)
			w->value[i] = 0;
		break;
	default:
		for (unsigned i = 0; i < 8; i++)
			check_page(w, pick(w, PAGES));
	}
}

static void window_open(struct window *w, uint64_t seed)
{
	w->seed = seed * 77777 + 1;
	w->base = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(w->base != MAP_FAILED);
	set_range(w, 0, PAGES, WRITE, 1);
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
}

static struct window windows[THREADS];
static _Atomic int threads_done;
static pthread_barrier_t all_created;

static void *run_window(void *arg)
{
	struct window *w = arg;

	/* The stack of a thread that is created later would fit into a hole of this window. */
	pthread_barrier_wait(&all_created);
	for (int i = 0; i < STEPS; i++)
		step(w);
	for (unsigned page = 0; page < PAGES; page++)
		check_page(w, page);
	threads_done++;
	return NULL;
}

static void threads_change_their_windows_while_the_process_forks(void)
{
	struct window mine;
	pthread_t threads[THREADS];
	unsigned forks = 0;

	catch_faults();
	/* Reserved once: a hole of one window may not be filled by another mapping. */
	for (int i = 0; i < THREADS; i++)
		window_open(&windows[i], tap_seed() + i);
	window_open(&mine, tap_seed() + THREADS);
	CHECK_EQ(pthread_barrier_init(&all_created, NULL, THREADS + 1), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, run_window, &windows[i]), 0);
	pthread_barrier_wait(&all_created);
	while (threads_done < THREADS) {
		pid_t child = fork();
		int status;

		CHECK(child >= 0);
		if (!child) {
			for (int i = 0; i < 30; i++)
				step(&mine);
			for (unsigned page = 0; page < PAGES; page++)
				check_page(&mine, page);
			_exit(0);
		}
		for (int i = 0; i < 10; i++)
			step(&mine);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK_EQ(status, 0);
		forks++;
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	tap_line("# %u forks", forks);
}

/* Many processes at once: pages are shared, copied and freed on all CPUs. */
static void processes_change_what_they_inherited(void)
{
	struct window w;

	catch_faults();
	window_open(&w, tap_seed());
	for (int i = 0; i < 200; i++)
		step(&w);
	for (int i = 0; i < 6; i++) {
		w.seed += (uint64_t)getpid() * 31;
		if (fork() < 0)
			break;
	}
	for (int i = 0; i < 300; i++)
		step(&w);
	for (unsigned page = 0; page < PAGES; page++)
		check_page(&w, page);
	for (;;) {
		int status;

		if (wait(&status) < 0)
			break;
		CHECK_EQ(status, 0);
	}
}

int main(void)
{
	TAP_TEST(threads_change_their_windows_while_the_process_forks);
	TAP_TEST(processes_change_what_they_inherited);
	return tap_done();
}
