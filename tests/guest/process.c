// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * process.c - clone, fork, vfork, exec, exit, wait, families, groups and sessions, ids, limits.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>

#include "tap.h"

extern char **environ;
static const char *self;		/* path of this program */

static void *shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void nap_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* Runs this program again with "--part NAME"; the exit status. */
static int run_part(const char *name, char *const env[])
{
	char *argv[] = { (char *)self, "--part", (char *)name, "with two words", NULL };
	int status;
	pid_t child = fork();

	if (child == 0) {
		execve(self, argv, env);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- fork and wait -------------------------------------------------------------- */

static void child_has_a_copy_of_memory(void)
{
	static volatile int data = 1;
	volatile int stack = 2, *heap = malloc(sizeof(int));
	int status;
	pid_t child;

	*heap = 3;
	child = fork();
	if (child == 0) {
		bool ok = data == 1 && stack == 2 && *heap == 3;

		data = stack = *heap = 99;
		_exit(ok ? 0 : 1);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK(data == 1 && stack == 2 && *heap == 3);
}

static void exit_status_is_told_once(void)
{
	int status;

	for (int code = 0; code < 256; code += 51) {
		pid_t child = fork();

		if (child == 0)
			_exit(code);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), code);
		CHECK_ERR(waitpid(child, &status, 0), ECHILD);
		CHECK_ERR(kill(child, 0), ESRCH);
	}
	CHECK_ERR(wait(NULL), ECHILD);
}

static void wait_without_hang_says_nothing_yet(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		nap_ms(100);
		_exit(3);
	}
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 3);
}

static void zombie_keeps_its_number_until_it_is_waited_for(void)
{
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(9);
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(kill(child, 0), 0);
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED), 0);
	CHECK_ERR(kill(child, 0), ESRCH);
}

static void waitid_checks_its_arguments(void)
{
	siginfo_t info = { .si_pid = 77 };
	pid_t child = fork();

	if (child == 0) {
		nap_ms(50);
		_exit(0);
	}
	CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERR(waitid(17, 0, &info, WEXITED), EINVAL);
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, child);
}

static void wait_chooses_by_group(void)
{
	int status;
	pid_t mine = fork(), other;

	if (mine == 0)
		_exit(1);
	other = fork();
	if (other == 0) {
		setpgid(0, 0);
		_exit(2);
	}
	setpgid(other, other);
	CHECK_EQ(waitpid(-other, &status, 0), other);
	CHECK_EQ(WEXITSTATUS(status), 2);
	CHECK_ERR(waitpid(-other, &status, 0), ECHILD);
	CHECK_EQ(waitpid(0, &status, 0), mine);
	CHECK_EQ(WEXITSTATUS(status), 1);
}

static void children_of_who_ignores_sigchld_leave_no_zombies(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 10; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		CHECK(child > 0);
	}
	/* Returns when the last one is gone. */
	CHECK_ERR(wait(NULL), ECHILD);
}

static void orphans_go_to_init_or_to_a_subreaper(void)
{
	volatile pid_t *seen = shared_page();
	int status;
	pid_t middle = fork();

	if (middle == 0) {
		if (fork() == 0) {
			while (getppid() != 1)
				sched_yield();
			seen[0] = getppid();
			_exit(0);
		}
		_exit(0);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	for (int i = 0; i < 500 && !seen[0]; i++)
		nap_ms(10);
	CHECK_EQ(seen[0], 1);

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	middle = fork();
	if (middle == 0) {
		pid_t leaf = fork();

		if (leaf == 0) {
			nap_ms(50);
			_exit(5);
		}
		seen[1] = leaf;
		_exit(0);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	CHECK_EQ(wait(&status), seen[1]);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

static void parent_death_signal_comes(void)
{
	volatile int *seen = shared_page();
	int status;
	pid_t middle = fork();

	if (middle == 0) {
		pid_t leaf = fork();

		if (leaf == 0) {
			sigset_t set;
			int sig;

			sigemptyset(&set);
			sigaddset(&set, SIGUSR1);
			sigprocmask(SIG_BLOCK, &set, NULL);
			prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
			seen[0] = 1;
			sigwait(&set, &sig);
			seen[1] = sig;
			_exit(0);
		}
		while (!seen[0])
			sched_yield();
		_exit(0);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	for (int i = 0; i < 500 && !seen[1]; i++)
		nap_ms(10);
	CHECK_EQ(seen[1], SIGUSR1);
}

static void many_generations_come_and_go(void)
{
	int status;

	for (int round = 0; round < 20; round++) {
		pid_t children[10];

		for (int i = 0; i < 10; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				pid_t leaf = fork();

				if (leaf == 0)
					_exit(0);
				if (i & 1)
					waitpid(leaf, NULL, 0);
				_exit(i);
			}
			CHECK(children[i] > 0);
		}
		for (int i = 0; i < 10; i++) {
			CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
			CHECK_EQ(WEXITSTATUS(status), i);
		}
	}
}

/* ---- clone ---------------------------------------------------------------------- */

static void vfork_parent_waits_for_exit_and_shares_memory(void)
{
	static volatile int stage;
	int status;
	pid_t child = vfork();

	if (child == 0) {
		stage = 1;
		_exit(4);
	}
	CHECK_EQ(stage, 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 4);
}

static void spawned_program_runs(void)
{
	char *argv[] = { (char *)self, "--part", "status-33", NULL };
	int status;
	pid_t child;

	CHECK_EQ(posix_spawn(&child, self, NULL, NULL, argv, environ), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 33);
	CHECK_EQ(posix_spawn(&child, "/no/such/program", NULL, NULL, argv, environ), ENOENT);
}

static void clone_refuses_what_it_does_not_offer(void)
{
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, 200, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, 16, 64), EFAULT);
	CHECK_ERR(syscall(SYS_clone3, 16, 8), EINVAL);
}

static void clone_stores_the_thread_id(void)
{
	pid_t *word = shared_page(), child;
	pid_t private = 0;
	int status;

	child = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &word[0], 0, 0);
	if (child == 0)
		_exit(0);
	CHECK_EQ(word[0], child);
	CHECK_EQ(waitpid(child, &status, 0), child);
	child = syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, 0, &private, 0);
	if (child == 0)
		_exit(private == getpid() ? 0 : 1);
	CHECK_EQ(private, 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* A child whose exit signal is not SIGCHLD is waited for with __WALL or __WCLONE. */
static void wait_distinguishes_clone_children(void)
{
	int status;
	pid_t child = syscall(SYS_clone, 0, 0, 0, 0, 0);

	if (child == 0)
		_exit(6);
	CHECK_ERR(waitpid(child, &status, 0), ECHILD);
	CHECK_EQ(waitpid(child, &status, __WALL), child);
	CHECK_EQ(WEXITSTATUS(status), 6);
}

/* ---- exec ----------------------------------------------------------------------- */

static void program_gets_arguments_and_environment(void)
{
	char *env[] = { "COLOUR=blue", "EMPTY=", NULL };

	CHECK_EQ(run_part("arguments", env), 0);
}

static void ignore_it(int sig)
{
}

static void program_starts_with_fresh_signals(void)
{
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, ignore_it);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_EQ(run_part("signals", environ), 0);
}

static void close_on_exec_closes(void)
{
	CHECK_EQ(fcntl(STDERR_FILENO, F_DUPFD, 50), 50);
	CHECK_EQ(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 51), 51);
	CHECK_EQ(run_part("descriptors", environ), 0);
	CHECK_EQ(fcntl(51, F_GETFD), FD_CLOEXEC);
}

static void failed_exec_changes_nothing(void)
{
	char *argv[] = { "x", NULL };
	static char big[200000];
	char *huge[] = { big, NULL };

	CHECK_ERR(execve("/no/such/file", argv, environ), ENOENT);
	CHECK_ERR(execve("", argv, environ), ENOENT);
	CHECK_ERR(execve("/", argv, environ), EACCES);
	CHECK_ERR(syscall(SYS_execve, 16, argv, environ), EFAULT);
	CHECK_ERR(syscall(SYS_execve, self, 16, environ), EFAULT);
	memset(big, 'a', sizeof(big) - 1);
	CHECK_ERR(execve(self, huge, environ), E2BIG);
	CHECK_EQ(run_part("status-33", environ), 33);
}

static int write_file(const char *path, const char *text, size_t n, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		return -1;
	fchmod(fd, mode);
	return close(fd);
}

static void files_that_are_no_programs_are_refused(void)
{
	char *argv[] = { "x", NULL };
	static char elf[4096] = "\177ELF\002\001\001";

	CHECK_EQ(write_file("/tmp/process-text", "hello\n", 6, 0755), 0);
	CHECK_ERR(execve("/tmp/process-text", argv, environ), ENOEXEC);
	CHECK_EQ(write_file("/tmp/process-noexec", "#!/bin/sh\n", 10, 0644), 0);
	CHECK_ERR(execve("/tmp/process-noexec", argv, environ), EACCES);
	CHECK_EQ(write_file("/tmp/process-elf", elf, sizeof(elf), 0755), 0);
	CHECK_ERR(execve("/tmp/process-elf", argv, environ), ENOEXEC);
	CHECK_EQ(write_file("/tmp/process-loop", "#!/tmp/process-loop\n", 20, 0755), 0);
	CHECK_ERR(execve("/tmp/process-loop", argv, environ), ELOOP);
	unlink("/tmp/process-text");
	unlink("/tmp/process-noexec");
	unlink("/tmp/process-elf");
	unlink("/tmp/process-loop");
}

/*
 * Random changes in the headers of a real program: the kernel refuses it or runs it, and
 * survives.
 */
static void broken_elf_headers_do_no_harm(void)
{
	static char image[1 << 20];
	unsigned long seed = tap_seed() * 2654435761u + 1;
	int in = open(self, O_RDONLY);
	ssize_t size = read(in, image, sizeof(image));
	char *argv[] = { "x", "--part", "status-33", NULL };

	CHECK(size > 512);
	for (int round = 0; round < 30; round++) {
		char saved[512];
		pid_t child;

		memcpy(saved, image, sizeof(saved));
		for (int n = 0; n < 3; n++) {
			seed = seed * 6364136223846793005ul + 1442695040888963407ul;
			image[16 + (seed >> 33) % 400] = seed >> 57;
		}
		CHECK_EQ(write_file("/tmp/process-fuzz", image, size, 0755), 0);
		memcpy(image, saved, sizeof(saved));
		child = fork();
		if (child == 0) {
			alarm(2);
			execve("/tmp/process-fuzz", argv, environ);
			_exit(126);
		}
		CHECK_EQ(waitpid(child, NULL, 0), child);
	}
	unlink("/tmp/process-fuzz");
	CHECK_EQ(run_part("status-33", environ), 33);
}

static void script_runs_by_its_interpreter(void)
{
	char text[256];
	int status;
	pid_t child;

	snprintf(text, sizeof(text), "#! %s --part script \nrest is not looked at\n", self);
	CHECK_EQ(write_file("/tmp/process-script", text, strlen(text), 0755), 0);
	child = fork();
	if (child == 0) {
		execl("/tmp/process-script", "ignored", "first", "second", (char *)NULL);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	unlink("/tmp/process-script");
}

static void proc_self_exe_is_the_program(void)
{
	char *argv[] = { "x", "--part", "status-33", NULL };
	int status;
	pid_t child = fork();

	if (child == 0) {
		execve("/proc/self/exe", argv, environ);
		_exit(126);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 33);
}

/* ---- groups and sessions ------------------------------------------------------ */

static void session_and_group_rules(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		CHECK_EQ(setsid(), getpid());
		CHECK_EQ(getsid(0), getpid());
		CHECK_EQ(getpgrp(), getpid());
		CHECK_ERR(setsid(), EPERM);
		CHECK_ERR(setpgid(0, 0), EPERM);
		pid_t leaf = fork();
		if (leaf == 0) {
			CHECK_EQ(getpgrp(), getppid());
			CHECK_ERR(setpgid(0, 29999), EPERM);
			CHECK_EQ(setpgid(0, 0), 0);
			CHECK_EQ(getpgrp(), getpid());
			CHECK_EQ(setpgid(0, getppid()), 0);
			CHECK_ERR(setpgid(getppid(), 0), ESRCH);
			_exit(0);
		}
		CHECK_EQ(waitpid(leaf, &status, 0), leaf);
		_exit(WEXITSTATUS(status));
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_ERR(setpgid(0, -1), EINVAL);
	CHECK_ERR(getpgid(29999), ESRCH);
}

static void child_cannot_be_moved_after_exec(void)
{
	char *argv[] = { (char *)self, "--part", "sleep", NULL };
	volatile int *ready = shared_page();
	pid_t child = fork();

	if (child == 0) {
		*ready = 1;
		execve(self, argv, environ);
		_exit(126);
	}
	CHECK_EQ(setpgid(child, 0), 0);
	while (setpgid(child, getpgrp()) == 0) {
		CHECK_EQ(setpgid(child, child), 0);
		nap_ms(2);
	}
	CHECK_EQ(errno, EACCES);
	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* ---- ids, limits and the rest --------------------------------------------------- */

static void ids_follow_the_rules_of_root_and_others(void)
{
	uid_t r, e, s;
	gid_t groups[3] = { 7, 8, 9 }, got[8];

	CHECK_EQ(setgroups(3, groups), 0);
	CHECK_EQ(getgroups(0, NULL), 3);
	CHECK_EQ(getgroups(8, got), 3);
	CHECK_EQ(got[1], 8);
	CHECK_ERR(getgroups(2, got), EINVAL);
	CHECK_EQ(setresgid(100, 101, 102), 0);
	CHECK_EQ(setresuid(1000, 1001, 1002), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == 1000 && e == 1001 && s == 1002);
	CHECK_EQ(getuid(), 1000);
	CHECK_EQ(geteuid(), 1001);
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(setgroups(0, NULL), EPERM);
	CHECK_EQ(seteuid(1002), 0);
	CHECK_EQ(geteuid(), 1002);
	CHECK_EQ(setuid(1000), 0);
	CHECK_EQ(geteuid(), 1000);
	CHECK_ERR(setresuid(-1, 5, -1), EPERM);
	CHECK_EQ(setgid(102), 0);
	CHECK_EQ(getegid(), 102);
	CHECK_EQ(getgid(), 100);
	CHECK_ERR(sethostname("x", 1), EPERM);
}

static void root_gives_up_all_ids_with_setuid(void)
{
	uid_t r, e, s;

	CHECK_EQ(setuid(1000), 0);
	CHECK_EQ(getresuid(&r, &e, &s), 0);
	CHECK(r == 1000 && e == 1000 && s == 1000);
	CHECK_ERR(setuid(0), EPERM);
}

static void limits_can_be_lowered_by_all_and_raised_by_root(void)
{
	struct rlimit l, low = { 10, 20 }, wrong = { 30, 20 };

	CHECK_EQ(getrlimit(RLIMIT_STACK, &l), 0);
	CHECK(l.rlim_cur >= 1 << 20);
	CHECK_EQ(setrlimit(RLIMIT_CPU, &low), 0);
	CHECK_ERR(setrlimit(RLIMIT_CPU, &wrong), EINVAL);
	CHECK_EQ(setuid(1000), 0);
	low.rlim_max = 30;
	CHECK_ERR(setrlimit(RLIMIT_CPU, &low), EPERM);
	low.rlim_max = 15;
	CHECK_EQ(setrlimit(RLIMIT_CPU, &low), 0);
	CHECK_EQ(getrlimit(RLIMIT_CPU, &l), 0);
	CHECK(l.rlim_cur == 10 && l.rlim_max == 15);
	CHECK_ERR(prlimit(1, RLIMIT_CPU, NULL, &l), EPERM);
}

static void names_and_numbers_of_the_system(void)
{
	struct utsname names;
	char name[16] = "";
	unsigned char random[64] = { 0 };
	int zeros = 0;

	CHECK_EQ(prctl(PR_SET_NAME, "a name that is too long"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK_STR(name, "a name that is ");
	CHECK_EQ(sethostname("testhost", 8), 0);
	CHECK_EQ(uname(&names), 0);
	CHECK_STR(names.nodename, "testhost");
	CHECK_EQ(sethostname("neurath", 7), 0);
	umask(022);
	CHECK_EQ(umask(027), 022);
	CHECK_EQ(umask(022), 027);
	CHECK_EQ(getrandom(random, sizeof(random), GRND_NONBLOCK), sizeof(random));
	for (unsigned i = 0; i < sizeof(random); i++)
		zeros += !random[i];
	CHECK(zeros < 8);
	CHECK(getauxval(AT_RANDOM) && getauxval(AT_PAGESZ) == 4096);
}

static void time_of_children_is_counted(void)
{
	struct rusage usage;
	struct tms before, after;
	pid_t child;

	times(&before);
	child = fork();
	if (child == 0) {
		struct timespec start, now;

		clock_gettime(CLOCK_MONOTONIC, &start);
		do
			clock_gettime(CLOCK_MONOTONIC, &now);
		while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < 150);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, NULL, 0), child);
	times(&after);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &usage), 0);
	CHECK(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec + usage.ru_utime.tv_sec > 0);
	CHECK(after.tms_cutime + after.tms_cstime > before.tms_cutime + before.tms_cstime);
	CHECK_ERR(getrusage(5, &usage), EINVAL);
}

static void unknown_calls_are_enosys(void)
{
	CHECK_ERR(syscall(334 /* rseq */, 0, 0, 0, 0), ENOSYS);
	CHECK_ERR(syscall(999), ENOSYS);
	CHECK_ERR(syscall(100000), ENOSYS);
	CHECK_ERR(syscall(-5), ENOSYS);
}

/* ---- the other side of exec --------------------------------------------------- */

static int part_arguments(int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[3], "with two words"))
		return 1;
	if (!environ[0] || strcmp(environ[0], "COLOUR=blue") || strcmp(environ[1], "EMPTY=") || environ[2])
		return 2;
	return ((uintptr_t)__builtin_frame_address(0) & 15) ? 3 : 0;
}

static int part_signals(void)
{
	struct sigaction sa;
	sigset_t set;

	sigaction(SIGUSR1, NULL, &sa);
	if (sa.sa_handler != SIG_IGN)
		return 1;
	sigaction(SIGUSR2, NULL, &sa);
	if (sa.sa_handler != SIG_DFL)
		return 2;
	sigprocmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, SIGHUP) ? 0 : 3;
}

static int part_descriptors(void)
{
	if (fcntl(50, F_GETFD) != 0)
		return 1;
	return fcntl(51, F_GETFD) == -1 && errno == EBADF ? 0 : 2;
}

static int run_as_part(int argc, char **argv)
{
	if (!strcmp(argv[2], "status-33"))
		return 33;
	if (!strcmp(argv[2], "arguments"))
		return part_arguments(argc, argv);
	if (!strcmp(argv[2], "signals"))
		return part_signals();
	if (!strcmp(argv[2], "descriptors"))
		return part_descriptors();
	if (!strcmp(argv[2], "sleep"))
		for (;;)
			pause();
	return 99;
}

int main(int argc, char **argv)
{
	self = argv[0];
	/* As a script's interpreter everything between the blanks is one argument. */
	if (argc == 5 && !strcmp(argv[1], "--part script"))
		return strcmp(argv[2], "/tmp/process-script") || strcmp(argv[3], "first") || strcmp(argv[4], "second");
	if (argc >= 3 && !strcmp(argv[1], "--part"))
		return run_as_part(argc, argv);
	TAP_TEST(child_has_a_copy_of_memory);
	TAP_TEST(exit_status_is_told_once);
	TAP_TEST(wait_without_hang_says_nothing_yet);
	TAP_TEST(zombie_keeps_its_number_until_it_is_waited_for);
	TAP_TEST(waitid_checks_its_arguments);
	TAP_TEST(wait_chooses_by_group);
	TAP_TEST(children_of_who_ignores_sigchld_leave_no_zombies);
	TAP_TEST(orphans_go_to_init_or_to_a_subreaper);
	TAP_TEST(parent_death_signal_comes);
	TAP_TEST(many_generations_come_and_go);
	TAP_TEST(vfork_parent_waits_for_exit_and_shares_memory);
	TAP_TEST(spawned_program_runs);
	TAP_TEST(clone_refuses_what_it_does_not_offer);
	TAP_TEST(clone_stores_the_thread_id);
	TAP_TEST(wait_distinguishes_clone_children);
	TAP_TEST(program_gets_arguments_and_environment);
	TAP_TEST(program_starts_with_fresh_signals);
	TAP_TEST(close_on_exec_closes);
	TAP_TEST(failed_exec_changes_nothing);
	TAP_TEST(files_that_are_no_programs_are_refused);
	TAP_TEST(broken_elf_headers_do_no_harm);
	TAP_TEST(script_runs_by_its_interpreter);
	TAP_TEST(proc_self_exe_is_the_program);
	TAP_TEST(session_and_group_rules);
	TAP_TEST(child_cannot_be_moved_after_exec);
	TAP_TEST(ids_follow_the_rules_of_root_and_others);
	TAP_TEST(root_gives_up_all_ids_with_setuid);
	TAP_TEST(limits_can_be_lowered_by_all_and_raised_by_root);
	TAP_TEST(names_and_numbers_of_the_system);
	TAP_TEST(time_of_children_is_counted);
	TAP_TEST(unknown_calls_are_enosys);
	return tap_done();
}
