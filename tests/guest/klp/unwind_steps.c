/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unwind_steps.c - the stack of a task that is interrupted at any instruction: tm_steps interrupts this program after each
 * instruction of its system calls, and compares the unwinder with a shadow stack.
 *
 * timeout: 300
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include "klp_task.h"
#include "scratch.h"

#define STEPS		"tm_steps"

static unsigned long param(const char *name)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "/sys/module/" STEPS "/parameters/%s", name);
	return strtoul(slurp(path, text, sizeof(text)), NULL, 10);
}

static int set_on(const char *value)
{
	return spit("/sys/module/" STEPS "/parameters/on", value);
}

/* ---- what is stepped -------------------------------------------------------------------- */

static void read_file(const char *path)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);

	read(fd, buf, sizeof(buf));
	close(fd);
}

static void read_reports(void)
{
	static const char *const paths[] = {
		"/proc/self/stat", "/proc/self/status", "/proc/self/maps", "/proc/self/cmdline", "/proc/self/stack", "/proc/1/stack",
		"/proc/self/limits", "/proc/self/wchan", "/proc/self/patch_state", "/proc/meminfo", "/proc/uptime", "/proc/loadavg",
		"/proc/version", "/proc/mounts", "/proc/modules", "/proc/stat", "/proc/interrupts", "/proc/ports", "/proc/nothing",
		"/sys/kernel/livepatch/" STEPS "/enabled", "/sys/kernel/livepatch/" STEPS "/blockers", "/proc/sys/kernel/pid_max",
		"/sys/devices/system/cpu/online", "/dev/zero",
	};

	for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		read_file(paths[i]);
}

static void use_files(void)
{
	char buf[256] = "text";
	struct iovec parts[] = { { buf, 4 }, { buf, 4 } };
	struct stat st;
	int fd = open("steps", O_CREAT | O_RDWR, 0600), dir;

	write(fd, buf, 4);
	writev(fd, parts, 2);
	pread(fd, buf, 4, 2);
	lseek(fd, 0, SEEK_SET);
	readv(fd, parts, 2);
	fstat(fd, &st);
	ftruncate(fd, 100);
	fcntl(fd, F_GETFL);
	close(dup(fd));
	close(fd);
	stat("steps", &st);
	rename("steps", "steps2");
	symlink("steps2", "steps3");
	readlink("steps3", buf, sizeof(buf));
	access("steps3", R_OK);
	mkdir("folder", 0700);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	syscall(SYS_getdents64, dir, buf, sizeof(buf));
	close(dir);
	rmdir("folder");
	unlink("steps2");
	unlink("steps3");
	getcwd(buf, sizeof(buf));
}

static void use_pipes(void)
{
	struct pollfd wait = { .events = POLLIN };
	int ends[2], event = eventfd(1, EFD_NONBLOCK);
	uint64_t value;
	char byte = 'p';

	pipe(ends);
	wait.fd = ends[0];
	poll(&wait, 1, 0);
	write(ends[1], &byte, 1);
	poll(&wait, 1, 0);
	read(ends[0], &byte, 1);
	close(ends[0]);
	close(ends[1]);
	read(event, &value, sizeof(value));
	read(event, &value, sizeof(value));
	close(event);
}

static void use_memory(void)
{
	char *area = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	area[5000] = 1;
	/* The kernel copies to pages that do not exist yet: faults in the middle of a copy. */
	clock_gettime(CLOCK_MONOTONIC, (struct timespec *)(area + 9 * 4096));
	uname((struct utsname *)(area + 12 * 4096 - 8));
	mprotect(area + 4096, 4096, PROT_READ);
	mremap(area, 16 * 4096, 20 * 4096, MREMAP_MAYMOVE);
	munmap(area, 16 * 4096);
	read(-1, area, 1);
	open((const char *)1, O_RDONLY);
}

static void use_signals(void)
{
	struct itimerval timer = { .it_value.tv_sec = 1000 };
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	kill(getpid(), SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR2);
	sigtimedwait(&set, NULL, &(struct timespec){ 0 });
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	timer.it_value.tv_sec = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void use_tasks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	waitpid(-1, NULL, WNOHANG);
	sched_yield();
	getpriority(PRIO_PROCESS, 0);
	prctl(PR_SET_NAME, "unwind_steps");
	usleep(1);
	syscall(SYS_gettid);
	syscall(SYS_futex, &(int){ 1 }, 0, 2, NULL, NULL, 0);
}

static void change_patches(void)
{
	spit("/sys/kernel/livepatch/" STEPS "/enabled", "1");
	spit("/sys/kernel/livepatch/" STEPS "/enabled", "x");
	spit("/sys/kernel/livepatch/" STEPS "/signal", "1");
}

/* ---- tests -------------------------------------------------------------------------------- */

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void begin(void)
{
	pin(0);
	enter_empty_directory();
	CHECK_EQ(insmod(STEPS), 0);
	klp_wait(STEPS);
	CHECK_EQ(set_on("1"), 0);
}

/* @share: at most one answer in so many is "unknown". */
static void end(unsigned long share)
{
	char text[128];

	CHECK_EQ(set_on("0"), 0);
	tap_line("# %lu calls, %lu steps in %lu functions (%lu instructions): %lu equal, %lu unknown, %lu wrong; by reason %s",
		 param("calls"), param("steps"), param("functions"), param("places"), param("equal"), param("unknown"), param("wrong"),
		 slurp("/sys/module/" STEPS "/parameters/reasons", text, sizeof(text)));
	CHECK_EQ(param("wrong"), 0);
	CHECK_EQ(param("steps"), param("equal") + param("unknown"));
	CHECK(param("unknown") < param("steps") / share);
	CHECK(param("functions") >= 200);
	klp_unload(STEPS);
}

static void the_unwinder_is_never_wrong_at_any_instruction(void)
{
	begin();
	read_reports();
	use_files();
	use_pipes();
	use_memory();
	use_signals();
	use_tasks();
	end(100);		/* unknown: copies from and to user memory, an end of a function with a strange word on top */
}

/* Jumps in entry slots, breakpoints, and return addresses that the graph tracer replaces. */
static void nor_while_functions_are_patched_and_traced(void)
{
	begin();
	CHECK_EQ(insmod("livepatch-sample"), 0);
	change_patches();
	read_reports();
	CHECK_EQ(spit("/sys/kernel/tracing/set_ftrace_filter", "kernfs_* file_* seq_* path_* fd_*"), 0);
	CHECK_EQ(spit("/sys/kernel/tracing/current_tracer", "function_graph"), 0);
	read_reports();
	use_files();
	CHECK_EQ(spit("/sys/kernel/tracing/current_tracer", "nop"), 0);
	CHECK_EQ(spit("/sys/kernel/tracing/set_ftrace_filter", ""), 0);
	klp_unload("livepatch_sample");
	end(10);		/* also: the stubs of the tracer */
}

int main(void)
{
	TAP_TEST(the_unwinder_is_never_wrong_at_any_instruction);
	TAP_TEST(nor_while_functions_are_patched_and_traced);
	return tap_done();
}
