/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_attack.c - an ordinary user takes all memory, in each possible way. Root's processes, init's
 * services and the servers survive. Root gets the memory that it needs, and can end the attack;
 * afterwards the memory is free again.
 *
 * A process of root, the ballast, holds most of the memory from the start. This keeps the attacks short,
 * and makes the largest process one that the kernel must not kill.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "meminfo.h"
#include "tap.h"

#define MB		(1L << 20)
#define LEFT_FREE	(48 * MB)
#define ROOT_NEEDS	(20 * MB)
#define STUDENT		1000
#define RW		(PROT_READ | PROT_WRITE)

static pid_t ballast;

/* ---- attacks: each takes all that it can get ------------------------------------------- */

static void touches(void)
{
	for (;;) {
		char *p = mmap(NULL, MB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return;
		memset(p, 1, MB);
	}
}

static void populates(void)
{
	for (int i = 0; i < 16; i++)
		mmap(NULL, MB, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

/* The pages of a shared mapping stay after most of it is unmapped, and no page table shows them. */
static void cuts_shared_mappings(void)
{
	for (int i = 0; i < 4; i++) {
		char *p = mmap(NULL, 4 * MB, RW,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p != MAP_FAILED)
			munmap(p + 4096, 4 * MB - 4096);
	}
}

/* Maps one page of a file at many addresses, so that each mapping needs a page table. */
static void spreads_page_tables(void)
{
	int fd = open("/bin/sh", O_RDONLY);

	for (long i = 0; i < 4000; i++)
		mmap((void *)((1L << 40) + i * 2 * MB), 4096, PROT_READ,
		     MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0);
}

static void makes_many_areas(void)
{
	for (int i = 0; i < 2000; i++)
		mmap(NULL, 4096, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void fills_pipes(void)
{
	static char data[65536];
	int ends[2];

	while (pipe2(ends, O_NONBLOCK) == 0) {
		while (write(ends[1], data, sizeof(data)) > 0)
			;
	}
}

static void opens_files(void)
{
	while (open("/dev/null", O_RDONLY) >= 0)
		;
}

static void queues_signals(void)
{
	union sigval value = { 0 };

	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, sig);
		sigprocmask(SIG_BLOCK, &set, NULL);
		while (sigqueue(getpid(), sig, value) == 0)
			;
	}
}

static void forks(void)
{
	while (fork() >= 0)
		;
}

static void *sleeps(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

static void starts_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	while (pthread_create(&thread, &attr, sleeps, NULL) == 0)
		;
}

static void fills_tmp(void)
{
	static char data[65536];
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/tmp/attack%d", getpid());
	fd = open(name, O_WRONLY | O_CREAT, 0600);
	unlink(name);
	while (fd >= 0 && write(fd, data, sizeof(data)) > 0)
		;
}

/* ---- processes that must survive ------------------------------------------------------ */

#define MAX_SERVICES	64

static pid_t services[MAX_SERVICES];
static int nr_services;

/* The parent of a process that runs, or -1 if the process is a zombie or does not exist. */
static int parent_of(pid_t pid)
{
	char name[32], text[512] = "", state = 'X';
	int ppid = -1, fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) > 0 && strrchr(text, ')'))
		sscanf(strrchr(text, ')'), ") %c %d", &state, &ppid);
	close(fd);
	return state == 'X' || state == 'Z' ? -1 : ppid;
}

/* Finds the servers and all else that init has started, before an attack begins. */
static void find_services(void)
{
	for (pid_t pid = 2; pid < getpid() && nr_services < MAX_SERVICES; pid++) {
		if (parent_of(pid) == 1)
			services[nr_services++] = pid;
	}
	CHECK(nr_services >= 2);
}

static void check_services(void)
{
	for (int i = 0; i < nr_services; i++)
		CHECK_EQ(parent_of(services[i]), 1);
}

/* ---- running an attack ------------------------------------------------------------------ */

#define MAX_WORKERS	60

/* Joins the group of @leader (0: a group of its own), attacks, and writes to @full when it gets no more memory. */
static void becomes_student(void (*attack)(void), pid_t leader, int full)
{
	CHECK_EQ(setpgid(0, leader), 0);
	CHECK_EQ(setresgid(STUDENT, STUDENT, STUDENT), 0);
	CHECK_EQ(setresuid(STUDENT, STUDENT, STUDENT), 0);
	attack();
	write(full, "", 1);
	sleeps(NULL);
}

/*
 * Returns the worker's pid. A byte arrives at *@news when the worker gets no more memory; *@news ends when
 * the worker and its children have ended.
 */
static pid_t start_worker(void (*attack)(void), pid_t leader, int *news)
{
	int ends[2];
	pid_t pid;

	CHECK_EQ(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		becomes_student(attack, leader, ends[1]);
	}
	close(ends[1]);
	setpgid(pid, leader ? leader : pid);
	*news = ends[0];
	return pid;
}

/* Root needs more memory than is left, so the kernel has to kill a process. */
static void root_gets_what_it_needs(void)
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		char *p = mmap(NULL, ROOT_NEEDS, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHECK(p != MAP_FAILED);
		memset(p, 1, ROOT_NEEDS);
		munmap(p, ROOT_NEEDS);
		execl("/bin/true", "true", NULL);
		CHECK_FAIL("root cannot start a program: errno %d, %ld kB free", errno,
			   meminfo("MemFree:"));
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void survive(void (*attack)(void), int workers)
{
	long before = meminfo("MemFree:");
	pid_t pid[MAX_WORKERS], leader = 0;
	int news[MAX_WORKERS];
	char byte;

	for (int i = 0; i < workers; i++) {
		pid[i] = start_worker(attack, leader, &news[i]);
		leader = pid[0];
	}
	/* Waits until each worker gets no more memory, or was killed. */
	for (int i = 0; i < workers; i++)
		read(news[i], &byte, 1);
	root_gets_what_it_needs();
	root_gets_what_it_needs();
	kill(-leader, SIGKILL);
	for (int i = 0; i < workers; i++) {
		CHECK_EQ(waitpid(pid[i], NULL, 0), pid[i]);
		while (read(news[i], &byte, 1) == 1)
			;
	}
	access("/tmp/nothing", F_OK);	/* when this returns, ramfs knows of all files closed before */
	check_services();
	CHECK(parent_of(ballast) > 0);
	/*
	 * The memory of the killed processes becomes free; a work item frees the stacks of tasks. If memory
	 * leaks, the test hangs here.
	 */
	while (before - meminfo("MemFree:") >= 8192)
		sched_yield();
}

#define ATTACK(body, workers)							\
	static void root_survives_a_user_who_##body(void)				\
	{									\
		survive(body, workers);						\
	}

ATTACK(touches, 4)
ATTACK(populates, 4)
ATTACK(cuts_shared_mappings, 4)
ATTACK(spreads_page_tables, 4)
ATTACK(makes_many_areas, 4)
ATTACK(fills_pipes, 4)
ATTACK(opens_files, 60)
ATTACK(queues_signals, 8)
ATTACK(forks, 1)
ATTACK(starts_threads, 4)
ATTACK(fills_tmp, 2)

/* ---- oom_score_adj ------------------------------------------------------------------------- */

static void takes(long bytes)
{
	char *p = mmap(NULL, bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	memset(p, 1, bytes);
}

static void takes_much(void)
{
	takes(12 * MB);
}

static void takes_less(void)
{
	takes(6 * MB);
}

static int set_adj(const char *pid, const char *value)
{
	char name[64];
	int fd, ret;

	snprintf(name, sizeof(name), "/proc/%s/oom_score_adj", pid);
	fd = open(name, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static void offers_itself(void)
{
	/* Its files in /proc belong to root until the process executes a program as student. */
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	CHECK_ERR(set_adj("self", "-1"), EACCES);
	CHECK_ERR(set_adj("1", "500"), EACCES);
	CHECK_ERR(set_adj("self", "1001"), EINVAL);
	CHECK_ERR(set_adj("self", "x"), EINVAL);
	CHECK_EQ(set_adj("self", "500"), 0);
	CHECK_EQ(set_adj("self", "0"), 0);	/* the value that root had set */
}

/* Root protects the larger process, so the kernel kills the smaller one. */
static void oom_score_adj_chooses_the_process_that_is_killed(void)
{
	pid_t large, small, offer;
	char byte, text[16];
	int news[3], status;

	offer = start_worker(offers_itself, 0, &news[2]);
	CHECK_EQ(read(news[2], &byte, 1), 1);	/* the worker has passed all its checks */
	kill(offer, SIGKILL);
	CHECK_EQ(waitpid(offer, NULL, 0), offer);
	large = start_worker(takes_much, 0, &news[0]);
	small = start_worker(takes_less, 0, &news[1]);
	snprintf(text, sizeof(text), "%d", large);
	CHECK_EQ(set_adj(text, "-1000"), 0);
	CHECK_EQ(read(news[0], &byte, 1), 1);
	CHECK_EQ(read(news[1], &byte, 1), 1);
	/* Takes more and more until the kernel kills a process: the amount depends on earlier suites. */
	for (size_t size = 8 * MB; waitpid(small, &status, WNOHANG) == 0; size += 2 * MB)
		takes(size);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_EQ(waitpid(large, &status, WNOHANG), 0);
	kill(large, SIGKILL);
}

/* The ballast: memory of root, larger than all other processes together, that root never touches. */
static void take_ballast(void)
{
	int ends[2];
	char byte;

	CHECK_EQ(pipe(ends), 0);
	ballast = fork();
	CHECK(ballast >= 0);
	if (ballast == 0) {
		long size = meminfo("MemFree:") * 1024 - LEFT_FREE;

		close(ends[0]);
		if (size > 0)
			mmap(NULL, size, RW,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		write(ends[1], "", 1);
		sleeps(NULL);
	}
	close(ends[1]);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	close(ends[0]);
}

int main(void)
{
	find_services();
	take_ballast();
	TAP_TEST(root_survives_a_user_who_touches);
	TAP_TEST(root_survives_a_user_who_populates);
	TAP_TEST(root_survives_a_user_who_cuts_shared_mappings);
	TAP_TEST(root_survives_a_user_who_spreads_page_tables);
	TAP_TEST(root_survives_a_user_who_makes_many_areas);
	TAP_TEST(root_survives_a_user_who_fills_pipes);
	TAP_TEST(root_survives_a_user_who_opens_files);
	TAP_TEST(root_survives_a_user_who_queues_signals);
	TAP_TEST(root_survives_a_user_who_forks);
	TAP_TEST(root_survives_a_user_who_starts_threads);
	TAP_TEST(root_survives_a_user_who_fills_tmp);
	TAP_TEST(oom_score_adj_chooses_the_process_that_is_killed);
	kill(ballast, SIGKILL);
	waitpid(ballast, NULL, 0);
	return tap_done();
}
