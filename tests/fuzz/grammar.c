/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grammar.c - system calls that make sense together: an ordinary user with descriptors, memory, names, processes
 * and futexes, which several tasks use and take away from one another. The kernel does not fail, and when all
 * is over, no process and no memory is left.
 *
 * A child has five actors. Three are threads; one is a process with the same descriptors and another memory; one has
 * copies of both. Each makes calls from the rules below: a rule takes its arguments from what calls have returned before,
 * in any actor, so a descriptor may be closed, or memory unmapped, at any moment of another call. One argument in
 * sixteen is any number. A timer and signals among the actors interrupt what sleeps. The seed of a child is printed before
 * it starts, so that a lost machine names it.
 *
 * timeout: 400
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "meminfo.h"
#include "tap.h"
#include "user.h"

#define CHILDREN	40
#define STEPS		600
#define TICK_US		3000
#define PATIENCE_NS	4000000000ll
#define PLACE		"/tmp/grammar"
#define FDS		24
#define PIDS		8
#define NAMES		8
/* All memory that the rules map, unmap and touch lies here. */
#define WINDOW		((char *)0x10000000000)
#define WINDOW_PAGES	64
#define PAGE		4096
/* libc has no header for them. */
enum { FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE = 3, FUTEX_PRIVATE_FLAG = 128 };

/* What calls have returned, for the rules of all actors. The actors write it without a lock: a race is welcome. */
static struct {
	int fds[FDS];
	pid_t pids[PIDS];
	uint32_t words[4];
	unsigned long made, succeeded;	/* calls of the rules */
} *shared;

static __thread uint64_t state;
static __thread sigjmp_buf fault;
static __thread int may_fault;
static char *edge;			/* the next page is not mapped */

static unsigned below(unsigned n)
{
	return (random_of(&state) >> 11) % n;
}

static long call(long nr, long a, long b, long c, long d, long e)
{
	long args[5] = { a, b, c, d, e };

	if (below(16) == 0)
		args[below(5)] = random_long(&state, edge);
	args[0] = syscall(nr, args[0], args[1], args[2], args[3], args[4], 0L);
	__atomic_add_fetch(&shared->made, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&shared->succeeded, args[0] >= 0, __ATOMIC_RELAXED);
	return args[0];
}
#define CALL(nr, a, b, c, d, e)	call(SYS_##nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* ---- what the rules choose from ------------------------------------------------------------------ */

static int any_fd(void)
{
	return shared->fds[below(FDS)];
}

static void keep_fd(long fd)
{
	if (fd < 0)
		return;
	if (fd < 3 || fd > 200)
		close(fd);		/* below: the child's own */
	else
		shared->fds[below(FDS)] = fd;
}

static char *any_memory(void)
{
	return WINDOW + below(WINDOW_PAGES) * PAGE + (below(4) ? 0 : below(PAGE));
}

static unsigned any_size(void)
{
	static const unsigned sizes[] = { 0, 1, 17, 511, 4095, 4096, 4097, 9000, 65536, 70000 };

	return sizes[below(10)];
}

static const char *any_name(void)
{
	static const char *const names[NAMES] = { "a", "b", "d", "d/a", "d/b", "l", "fifo", "/proc/self/status" };

	return names[below(NAMES)];
}

static pid_t any_pid(void)
{
	return shared->pids[below(PIDS)];
}

static int any_signal(void)
{
	const int signals[] = { SIGUSR1, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGPIPE, SIGRTMIN, SIGWINCH, 0 };

	return signals[below(sizeof(signals) / sizeof(*signals))];
}

static const struct timespec *soon(void)
{
	static const struct timespec times[] = { { 0, 0 }, { 0, 1000 }, { 0, 300000 }, { 0, 2000000 } };

	return &times[below(4)];
}

/* ---- the rules: descriptors -------------------------------------------------------------------------- */

static void open_rule(void)
{
	static const int flags[] = { O_RDONLY, O_RDWR | O_CREAT, O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_TRUNC, O_RDONLY | O_DIRECTORY,
				     O_PATH, O_RDWR | O_NONBLOCK, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, O_WRONLY | O_NONBLOCK };

	keep_fd(CALL(openat, below(8) ? AT_FDCWD : any_fd(), any_name(), flags[below(9)], 0644, 0));
}

static void pair_rule(void)
{
	int ends[2] = { -1, -1 };

	if (below(3))
		CALL(pipe2, ends, below(2) ? O_NONBLOCK : 0, 0, 0, 0);
	else
		CALL(socketpair, 1, 1, 0, ends, 0);
	keep_fd(ends[0]);
	keep_fd(ends[1]);
}

static void dup_rule(void)
{
	switch (below(4)) {
	case 0:
		keep_fd(CALL(dup, any_fd(), 0, 0, 0, 0));
		break;
	case 1:
		keep_fd(CALL(dup3, any_fd(), 3 + below(40), below(2) ? O_CLOEXEC : 0, 0, 0));
		break;
	default:
		keep_fd(CALL(fcntl, any_fd(), F_DUPFD, 3 + below(40), 0, 0));
	}
}

static void close_rule(void)
{
	unsigned first = 3 + below(40);

	if (below(8))
		CALL(close, any_fd(), 0, 0, 0, 0);
	else
		syscall(SYS_close_range, first, first + below(6), 0);
}

static void fcntl_rule(void)
{
	static const int commands[] = { F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_SETPIPE_SZ, F_GETPIPE_SZ, F_SETLK, F_SETOWN };

	CALL(fcntl, any_fd(), commands[below(8)], below(2) ? O_NONBLOCK : 65536, 0, 0);
	CALL(flock, any_fd(), 4 | 1 << below(4), 0, 0, 0);
	CALL(ioctl, any_fd(), below(2) ? FIONREAD : below(2) ? TCGETS : TIOCGWINSZ, any_memory(), 0, 0);
}

static void move_rule(void)
{
	struct iovec vector[3] = { { any_memory(), any_size() }, { any_memory(), any_size() }, { any_memory(), 10 } };

	switch (below(12)) {
	case 0 ... 2:
		CALL(read, any_fd(), any_memory(), any_size(), 0, 0);
		break;
	case 3 ... 5:
		CALL(write, any_fd(), any_memory(), any_size(), 0, 0);
		break;
	case 6:
		CALL(readv, any_fd(), vector, 3, 0, 0);
		break;
	case 7:
		CALL(writev, any_fd(), vector, 3, 0, 0);
		break;
	case 8:
		call(below(2) ? SYS_pread64 : SYS_pwrite64, any_fd(), (long)any_memory(), any_size(), below(90000), 0);
		break;
	case 9:
		CALL(sendfile, any_fd(), any_fd(), 0, any_size(), 0);
		break;
	case 10:
		syscall(SYS_splice, any_fd(), 0, any_fd(), 0, any_size(), below(4));
		break;
	case 11:
		syscall(SYS_copy_file_range, any_fd(), 0, any_fd(), 0, any_size(), 0);
	}
}

static void file_rule(void)
{
	switch (below(7)) {
	case 0:
		CALL(lseek, any_fd(), below(90000), below(3), 0, 0);
		break;
	case 1:
		CALL(ftruncate, any_fd(), below(2) ? 0 : below(90000), 0, 0, 0);
		break;
	case 2:
		CALL(fstat, any_fd(), any_memory(), 0, 0, 0);
		break;
	case 3:
		CALL(getdents64, any_fd(), any_memory(), any_size(), 0, 0);
		break;
	case 4:
		CALL(fallocate, any_fd(), 0, below(5000), below(90000), 0);
		break;
	case 5:
		CALL(fsync, any_fd(), 0, 0, 0, 0);
		break;
	case 6:
		CALL(fchmod, any_fd(), 0400 | below(01000), 0, 0, 0);
	}
}

static void poll_rule(void)
{
	struct pollfd set[4];

	for (int i = 0; i < 4; i++)
		set[i] = (struct pollfd){ .fd = any_fd(), .events = POLLIN | POLLOUT };
	CALL(ppoll, set, 4, soon(), 0, 0);
}

/* ---- the rules: names, memory, signals, processes -------------------------------------------------------- */

static void name_rule(void)
{
	const char *a = any_name(), *b = any_name();

	switch (below(11)) {
	case 0:
		CALL(mkdir, a, 0755, 0, 0, 0);
		break;
	case 1 ... 2:
		CALL(unlinkat, AT_FDCWD, a, below(2) ? AT_REMOVEDIR : 0, 0, 0);
		break;
	case 3 ... 4:
		CALL(renameat2, AT_FDCWD, a, AT_FDCWD, b, below(3));
		break;
	case 5:
		CALL(link, a, b, 0, 0, 0);
		break;
	case 6:
		CALL(symlink, a, b, 0, 0, 0);
		break;
	case 7:
		CALL(readlink, a, any_memory(), any_size(), 0, 0);
		break;
	case 8:
		CALL(mknod, a, S_IFIFO | 0666, 0, 0, 0);
		break;
	case 9:
		CALL(truncate, a, below(90000), 0, 0, 0);
		break;
	case 10:
		CALL(utimensat, AT_FDCWD, a, 0, 0, 0);
	}
}

static void map_rule(void)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_NONE };
	char *at = WINDOW + below(WINDOW_PAGES) * PAGE;
	unsigned long len = (1 + below(8)) * PAGE;
	int file = below(3) == 0;

	if (at + len > WINDOW + WINDOW_PAGES * PAGE)
		len = PAGE;
	/* Only with good arguments: any others could hit the actor's own stack. */
	switch (below(8)) {
	case 0 ... 2:
		syscall(SYS_mmap, at, len, prots[below(4)], MAP_FIXED | (file ? 0 : MAP_ANONYMOUS) | (below(2) ? MAP_SHARED : MAP_PRIVATE),
			file ? any_fd() : -1, below(4) * PAGE);
		break;
	case 3:
		syscall(SYS_munmap, at, len);
		break;
	case 4:
		syscall(SYS_mprotect, at, len, prots[below(4)]);
		break;
	case 5:
		syscall(SYS_mremap, at, len, PAGE, below(2) ? MREMAP_MAYMOVE | MREMAP_FIXED : 0, WINDOW + below(WINDOW_PAGES) * PAGE);
		break;
	case 6:
		syscall(SYS_madvise, at, len, below(2) ? MADV_DONTNEED : (int)below(24));
		break;
	case 7:
		syscall(SYS_msync, at, len, 1 << below(3));
	}
}

/* Uses memory that another actor may take away. */
static void touch_rule(void)
{
	may_fault = 1;
	if (sigsetjmp(fault, 1) == 0) {
		volatile char *at = any_memory();

		if (below(2))
			*at = 1;
		else
			(void)*at;
	}
	may_fault = 0;
}

static void on_fault(int sig)
{
	if (may_fault)
		siglongjmp(fault, 1);
	_exit(0);
}

static void on_signal(int sig)
{
}

static void signal_rule(void)
{
	sigset_t set;
	struct sigaction action = { .sa_handler = below(3) ? on_signal : SIG_IGN, .sa_flags = below(2) ? SA_RESTART : 0 };

	switch (below(6)) {
	case 0:
		CALL(kill, any_pid(), any_signal(), 0, 0, 0);
		break;
	case 1:
		CALL(tkill, any_pid(), any_signal(), 0, 0, 0);
		break;
	case 2:
		sigaction(below(2) ? SIGUSR1 : SIGUSR2, &action, NULL);
		break;
	case 3:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigprocmask(below(3), &set, NULL);
		break;
	case 4:
		sigfillset(&set);
		sigdelset(&set, SIGSEGV);
		CALL(rt_sigtimedwait, &set, 0, soon(), 8, 0);
		break;
	case 5:
		/* A stopped actor goes on. */
		for (int i = 0; i < PIDS; i++)
			if (shared->pids[i] > 1)
				syscall(SYS_kill, shared->pids[i], SIGCONT);
	}
}

static void (*const *rules_of_children(void))(void);

static void process_rule(void)
{
	static char *const arguments[] = { "true", NULL };
	long pid;

	switch (below(6)) {
	case 0 ... 1:
		pid = fork();
		if (pid == 0) {
			state ^= getpid() * 0x9e3779b97f4a7c15;
			for (int i = below(30); i > 0; i--)
				rules_of_children()[below(8)]();
			if (below(4) == 0)
				execve("/bin/true", arguments, NULL);
			_exit(0);
		}
		if (pid > 0)
			shared->pids[below(PIDS)] = pid;
		break;
	case 2 ... 3:
		CALL(wait4, below(2) ? -1 : any_pid(), 0, WNOHANG | (below(2) ? WUNTRACED : 0), 0, 0);
		break;
	case 4:
		CALL(ptrace, below(3) ? PTRACE_ATTACH : below(40), any_pid(), any_memory(), below(40), 0);
		CALL(ptrace, PTRACE_DETACH, any_pid(), 0, 0, 0);
		break;
	case 5:
		CALL(setpgid, below(2) ? 0 : any_pid(), below(2) ? 0 : any_pid(), 0, 0, 0);
	}
}

static void futex_rule(void)
{
	uint32_t *word = &shared->words[below(4)], *other = &shared->words[below(4)];

	switch (below(4)) {
	case 0:
		CALL(futex, word, FUTEX_WAIT, *word, soon(), 0);
		break;
	case 1:
		(*word)++;
		CALL(futex, word, FUTEX_WAKE, 1 + below(4), 0, 0);
		break;
	case 2:
		CALL(futex, word, FUTEX_REQUEUE, 1, below(4), other);
		break;
	case 3:
		CALL(futex, below(2) ? (uint32_t *)any_memory() : word, below(16) | (below(2) ? FUTEX_PRIVATE_FLAG : 0), below(4), soon(), other);
	}
}

static void time_rule(void)
{
	unsigned long mask = 1 + below(3);
	struct itimerval timer = { { 0, TICK_US }, { 0, 1 + below(TICK_US) } };

	switch (below(4)) {
	case 0:
		CALL(nanosleep, soon(), 0, 0, 0, 0);
		break;
	case 1:
		sched_yield();
		break;
	case 2:
		CALL(sched_setaffinity, below(2) ? 0 : any_pid(), sizeof(mask), &mask, 0, 0);
		break;
	case 3:
		setitimer(ITIMER_REAL, &timer, NULL);
	}
}

/* The first eight may also be used by a short-lived child. */
static void (*const rules[])(void) = {
	open_rule, pair_rule, dup_rule, close_rule, move_rule, name_rule, map_rule, touch_rule,
	move_rule, move_rule, fcntl_rule, file_rule, poll_rule, map_rule, touch_rule, signal_rule, signal_rule, process_rule, futex_rule, time_rule,
};

static void (*const *rules_of_children(void))(void)
{
	return rules;
}

/* ---- actors ------------------------------------------------------------------------------------------------ */

static uint64_t child_seed;

static void act(unsigned number)
{
	state = (child_seed + number) * 0xbf58476d1ce4e5b9 | 1;
	shared->pids[number] = syscall(SYS_gettid);
	for (int i = 0; i < STEPS; i++)
		rules[below(sizeof(rules) / sizeof(*rules))]();
}

static void *thread(void *number)
{
	act((unsigned)(uintptr_t)number);
	return NULL;
}

static void handle_signals(void)
{
	const int caught[] = { SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGXFSZ, SIGRTMIN };
	struct sigaction action = { .sa_handler = on_signal }, faults = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	for (unsigned i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaction(caught[i], &action, NULL);
	sigaction(SIGSEGV, &faults, NULL);
	sigaction(SIGBUS, &faults, NULL);
}

static void limit_user(void)
{
	struct rlimit processes = { 30, 30 }, file = { 1 << 18, 1 << 18 };

	setrlimit(RLIMIT_NPROC, &processes);
	setrlimit(RLIMIT_FSIZE, &file);
	if (chdir(PLACE))
		_exit(1);
	become_user();
}

static void run_actors(uint64_t seed)
{
	struct itimerval timer = { { 0, TICK_US }, { 0, TICK_US } };
	pthread_t threads[2];

	limit_user();
	handle_signals();
	child_seed = seed;
	for (int i = 0; i < FDS; i++)
		shared->fds[i] = -1;
	/* The one has the descriptors of the threads, the other copies. */
	if (syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0) == 0) {
		act(3);
		_exit(0);
	}
	if (fork() == 0) {
		act(4);
		_exit(0);
	}
	setitimer(ITIMER_REAL, &timer, NULL);
	for (uintptr_t i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)i))
			_exit(0);
	act(2);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static void run_child(uint64_t seed)
{
	pid_t child;

	CHECK_EQ(system("rm -rf " PLACE), 0);
	CHECK_EQ(mkdir(PLACE, 0777), 0);
	CHECK_EQ(chmod(PLACE, 0777), 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		run_actors(seed);
	end_user(child, PATIENCE_NS);
}

static void map_memory(void)
{
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED && edge != MAP_FAILED);
	munmap(edge + PAGE, PAGE);
}

static void calls_of_a_user_that_race_do_not_harm_the_kernel(void)
{
	uint64_t seed = tap_seed() * 0x9e3779b97f4a7c15;
	long before = 0;

	map_memory();
	for (int i = 0; i < CHILDREN; i++) {
		uint64_t one = (seed + i) * 0xbf58476d1ce4e5b9 + 1;

		/* The first ones fill caches. */
		if (i == 5)
			before = meminfo("MemAvailable:");
		tap_line("# child %d, seed %#llx", i, (unsigned long long)one);
		run_child(one);
	}
	CHECK_EQ(system("rm -rf " PLACE), 0);
	tap_line("# %lu calls, %lu succeeded", shared->made, shared->succeeded);
	tap_line("# %ld KiB less memory after %d children", before - meminfo("MemAvailable:"), CHILDREN - 5);
	/* A work item frees the stacks of tasks. If memory leaks, the test hangs here. */
	while (before - meminfo("MemAvailable:") >= 4096)
		sched_yield();
}

int main(void)
{
	TAP_TEST(calls_of_a_user_that_race_do_not_harm_the_kernel);
	return tap_done();
}
