/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc.c - /proc and /sys: correct values, in the formats that tools read.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <time.h>

#include "files.h"
#include "meminfo.h"

static const char *pid_path(pid_t pid, const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return path;
}

/* Returns field @n (1 = pid) of a stat line. The name in parentheses may contain any character. */
static const char *stat_field(pid_t pid, int n)
{
	static char field[64];
	const char *text = file_text(pid_path(pid, "stat")), *p;

	CHECK(text != NULL);
	p = strrchr(text, ')');
	CHECK(p != NULL);
	p += 2;
	for (int i = 3; i < n; i++) {
		p = strchr(p, ' ');
		CHECK(p != NULL);
		p++;
	}
	snprintf(field, sizeof(field), "%.*s", (int)strcspn(p, " \n"), p);
	return field;
}

static const char *status_field(pid_t pid, const char *key)
{
	static char value[128];
	const char *text = file_text(pid_path(pid, "status")), *p;
	char line[64];

	CHECK(text != NULL);
	snprintf(line, sizeof(line), "\n%s:\t", key);
	p = strstr(text, line);
	if (!p)
		CHECK_FAIL("no %s in status", key);
	p += strlen(line);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(p, "\n"), p);
	return value;
}

/* Starts a child that sleeps until it is killed. Returns when the child sleeps. */
static pid_t sleeping_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	CHECK(child > 0);
	while (strcmp(stat_field(child, 3), "S") != 0)
		sched_yield();
	return child;
}

static void end_child(pid_t child)
{
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

static int directory_has(const char *path, const char *name)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int found = 0;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		found += strcmp(entry->d_name, name) == 0;
	closedir(dir);
	return found;
}

static const char *link_target(const char *path)
{
	static char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return NULL;
	target[n] = '\0';
	return target;
}

/* ---- processes ------------------------------------------------------------------------------ */

static void self_is_the_reader(void)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", getpid());
	CHECK_STR(link_target("/proc/self"), text);
	CHECK_EQ(directory_has("/proc", text), 1);
	CHECK_EQ(atoi(file_text("/proc/self/stat")), getpid());
	CHECK_EQ(atoi(file_text("/proc/thread-self/stat")), getpid());
}

static void stat_has_52_fields_that_are_true(void)
{
	pid_t child;
	int fields = 0;

	prctl(PR_SET_NAME, "a) b (c");
	for (const char *p = strrchr(file_text("/proc/self/stat"), ')'); *p; p++)
		fields += *p == ' ';
	CHECK_EQ(fields + 2, 52);
	CHECK(strstr(file_text("/proc/self/stat"), " (a) b (c) R ") != NULL);
	child = sleeping_child();
	CHECK_EQ(atoi(stat_field(child, 4)), getpid());
	CHECK_EQ(atoi(stat_field(child, 5)), getpgrp());
	CHECK_EQ(atoi(stat_field(child, 6)), getsid(0));
	CHECK_EQ(atoi(stat_field(child, 20)), 1);
	CHECK(atol(stat_field(child, 23)) > 0);
	CHECK(atol(stat_field(child, 24)) > 0);
	end_child(child);
}

static void states_of_a_process_are_seen_from_outside(void)
{
	pid_t child = sleeping_child();
	char path[64];
	int fd, status;

	CHECK_STR(status_field(child, "State"), "S (sleeping)");
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_STR(status_field(child, "State"), "T (stopped)");
	snprintf(path, sizeof(path), "/proc/%d/status", child);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitid(P_PID, child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	CHECK_STR(status_field(child, "State"), "Z (zombie)");
	CHECK_STR(file_text(pid_path(child, "cmdline")), "");
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK(!file_exists(path));
	CHECK_ERR(read(fd, path, sizeof(path)), ESRCH);
	CHECK_ERR(kill(child, 0), ESRCH);
}

static void status_shows_ids_and_signals(void)
{
	sigset_t set;
	char expected[32];

	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR2);
	snprintf(expected, sizeof(expected), "%d", getppid());
	CHECK_STR(status_field(getpid(), "PPid"), expected);
	CHECK_STR(status_field(getpid(), "Uid"), "0\t0\t0\t0");
	CHECK_EQ(strtoull(status_field(getpid(), "SigIgn"), NULL, 16) & (1 << (SIGUSR1 - 1)),
		 1 << (SIGUSR1 - 1));
	CHECK_EQ(strtoull(status_field(getpid(), "SigBlk"), NULL, 16), 1 << (SIGUSR2 - 1));
	CHECK_EQ(strtoull(status_field(getpid(), "SigPnd"), NULL, 16) |
		 strtoull(status_field(getpid(), "ShdPnd"), NULL, 16), 1 << (SIGUSR2 - 1));
	CHECK_EQ(strtoull(status_field(getpid(), "SigCgt"), NULL, 16) & (1 << (SIGALRM - 1)), 0);
	CHECK_EQ(setuid(1000), 0);
	CHECK_STR(status_field(getpid(), "Uid"), "1000\t1000\t1000\t1000");
}

static void comm_can_be_changed_by_the_process_only(void)
{
	pid_t child = sleeping_child();

	CHECK_EQ(file_put_text("/proc/self/comm", "a-name-that-is-too-long\n"), 0);
	CHECK_STR(file_text("/proc/self/comm"), "a-name-that-is-\n");
	CHECK_ERR(file_put_text(pid_path(child, "comm"), "other"), EINVAL);
	end_child(child);
}

static void command_line_and_environment_are_those_of_exec(void)
{
	pid_t child = fork();
	const char *text;

	if (child == 0) {
		char *args[] = { "pauses", "", "x y", NULL };
		char *env[] = { "ONE=1", "TWO=2", NULL };

		execve("/proc/self/exe", args, env);
		_exit(1);
	}
	while (strcmp(file_text(pid_path(child, "cmdline")), "pauses") != 0)
		sched_yield();
	text = file_text(pid_path(child, "cmdline"));
	CHECK_EQ(memcmp(text, "pauses\0" "\0" "x y\0", 12), 0);
	text = file_text(pid_path(child, "environ"));
	CHECK_EQ(memcmp(text, "ONE=1\0TWO=2\0", 12), 0);
	end_child(child);
}

static void maps_show_what_is_mapped(void)
{
	char *area = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char line[64];

	CHECK(area != MAP_FAILED);
	CHECK_EQ(mprotect(area, 4096, PROT_NONE), 0);
	snprintf(line, sizeof(line), "%08lx-%08lx ---p 00000000 ", (unsigned long)area,
		 (unsigned long)area + 4096);
	CHECK(strstr(file_text("/proc/self/maps"), line) != NULL);
	CHECK(strstr(file_text("/proc/self/maps"), "[stack]\n") != NULL);
	CHECK(strstr(file_text("/proc/self/maps"), " r-xp ") != NULL);
	CHECK(strstr(file_text("/proc/self/maps"), "rwxp") == NULL);
}

static void descriptors_are_links_to_what_is_open(void)
{
	int fds[2], fd = open("/proc/version", O_RDONLY), again;
	char path[64], text[8], a, b;

	CHECK(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_STR(link_target(path), "/proc/version");
	again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(read(fd, &a, 1), 1);
	CHECK_EQ(read(again, &b, 1), 1);
	CHECK_EQ(a, b);		/* a new open file, with its own position */
	close(fd);
	CHECK_ERR(readlink(path, text, sizeof(text)), ENOENT);
	CHECK_EQ(pipe(fds), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	CHECK_EQ(strncmp(link_target(path), "pipe:[", 6), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	again = open(path, O_RDONLY);
	CHECK(again >= 0);
	CHECK_EQ(read(again, &b, 1), 1);
	CHECK_EQ(b, 'x');	/* a new open file of the same pipe */
}

static void links_name_program_and_folders(void)
{
	CHECK_EQ(chdir("/proc/sys"), 0);
	CHECK_STR(link_target("/proc/self/cwd"), "/proc/sys");
	CHECK_STR(link_target("/proc/self/root"), "/");
	CHECK(strstr(link_target("/proc/self/exe"), "/tests/proc") != NULL);
	CHECK(open("/proc/self/exe", O_RDONLY) >= 0);
	CHECK(link_target("/proc/2/exe") == NULL);
}

static void *wait_in_thread(void *arg)
{
	pause();
	return arg;
}

static void threads_are_listed_below_task_only(void)
{
	pthread_t thread;
	DIR *dir;
	struct dirent *entry;
	int seen = 0, other = 0;
	char name[300];

	CHECK_EQ(pthread_create(&thread, NULL, wait_in_thread, NULL), 0);
	CHECK_STR(status_field(getpid(), "Threads"), "2");
	dir = opendir("/proc/self/task");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		seen++;
		if (atoi(entry->d_name) != getpid())
			other = atoi(entry->d_name);
	}
	CHECK_EQ(seen, 2);
	snprintf(name, sizeof(name), "%d", other);
	CHECK(!directory_has("/proc", name));
	snprintf(name, sizeof(name), "/proc/self/task/%d/patch_state", other);
	CHECK_STR(file_text(name), "-1\n");
	snprintf(name, sizeof(name), "/proc/self/task/%d/task", other);
	CHECK(!file_exists(name));
	CHECK(!file_exists("/proc/self/task/1"));
}

static void processes_that_come_and_go_do_not_disturb_a_listing(void)
{
	char self[16];

	snprintf(self, sizeof(self), "%d", getpid());
	for (int i = 0; i < 50; i++) {
		pid_t child = fork();

		if (child == 0) {
			for (int k = 0; k < 20; k++) {
				if (fork() == 0)
					_exit(0);
				wait(NULL);
			}
			_exit(0);
		}
		CHECK_EQ(directory_has("/proc", self), 1);
		CHECK_EQ(directory_has("/proc", "1"), 1);
		CHECK(file_text("/proc/loadavg") != NULL);
		CHECK_EQ(waitpid(child, NULL, 0), child);
	}
}

/* ---- the kernel side of a task -------------------------------------------------------------- */

static void stack_of_a_sleeper_names_its_call(void)
{
	pid_t child = sleeping_child();
	const char *stack = file_text(pid_path(child, "stack"));

	CHECK(stack != NULL);
	CHECK(strstr(stack, "[<0>] schedule+0x") != NULL);
	CHECK(strstr(stack, "sys_pause+0x") != NULL || strstr(stack, "sys_ppoll+0x") != NULL ||
	      strstr(stack, "sigsuspend") != NULL);
	CHECK(strstr(file_text(pid_path(child, "wchan")), "schedule") == NULL);
	CHECK(strlen(file_text(pid_path(child, "wchan"))) > 1);
	CHECK_STR(file_text(pid_path(child, "patch_state")), "-1\n");
	end_child(child);
}

static void strangers_see_neither_stack_nor_state(void)
{
	pid_t child = sleeping_child();
	struct stat st;

	CHECK_EQ(stat(pid_path(child, "stack"), &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0400);
	CHECK_EQ(stat(pid_path(child, "patch_state"), &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0400);
	if (fork() == 0) {
		if (setuid(1000))
			_exit(1);
		_exit(open(pid_path(child, "stack"), O_RDONLY) != -1 || errno != EACCES ||
		      open(pid_path(child, "environ"), O_RDONLY) != -1 || errno != EACCES);
	}
	int status;

	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	end_child(child);
}

static void only_root_sees_addresses_of_symbols(void)
{
	char line[128];
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long address = 0;

	CHECK(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, " T cmdline_proc_show\n"))
			address = strtoul(line, NULL, 16);
	}
	CHECK(address > 0xffffffff80000000UL);
	fclose(f);
	CHECK_EQ(setuid(1000), 0);
	CHECK_EQ(strncmp(file_text("/proc/kallsyms"), "0000000000000000 ", 17), 0);
}

/* ---- the machine -------------------------------------------------------------------- */

static void all_files_show_the_same_cpus(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const char *text = file_text("/proc/cpuinfo");
	char expected[32], path[64];
	int found = 0;

	for (const char *p = text; (p = strstr(p, "processor\t: ")); p++)
		found++;
	CHECK_EQ(found, cpus);
	snprintf(expected, sizeof(expected), cpus > 1 ? "0-%ld\n" : "0\n", cpus - 1);
	CHECK_STR(file_text("/sys/devices/system/cpu/online"), expected);
	CHECK_STR(file_text("/sys/devices/system/cpu/present"), expected);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld", cpus - 1);
	CHECK(file_exists(path));
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld", cpus);
	CHECK(!file_exists(path));
	snprintf(expected, sizeof(expected), "\ncpu%ld ", cpus - 1);
	CHECK(strstr(file_text("/proc/stat"), expected) != NULL);
}

/* The sum of the columns of all CPUs. */
static unsigned long timer_interrupts(void)
{
	const char *row = strstr(file_text("/proc/interrupts"), "\nLOC:");
	unsigned long sum = 0, count;
	char *end;

	CHECK(row != NULL);
	for (row += 5; count = strtoul(row, &end, 10), end != row; row = end)
		sum += count;
	return sum;
}

static void interrupts_are_counted(void)
{
	unsigned long before = timer_interrupts();
	struct timespec pause = { .tv_nsec = 10000000 };

	CHECK_EQ(nanosleep(&pause, NULL), 0);
	CHECK(timer_interrupts() > before);
	CHECK(strtoul(strstr(file_text("/proc/stat"), "\nintr ") + 6, NULL, 10) > before);
}

static void memory_that_is_used_is_missing_from_free(void)
{
	long size = 16 << 20, before = meminfo("MemFree:"), after;
	char *area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	memset(area, 1, size);
	after = meminfo("MemFree:");
	CHECK(before - after >= (size >> 10) - 1024 && before - after < (size >> 10) + 4096);
	CHECK(meminfo("MemTotal:") > before);
	CHECK(strtol(status_field(getpid(), "VmRSS"), NULL, 10) >= size >> 10);
}

static void time_passes_in_uptime_and_stat(void)
{
	double up = atof(file_text("/proc/uptime"));
	struct timespec pause = { .tv_nsec = 50000000 };

	nanosleep(&pause, NULL);
	CHECK(atof(file_text("/proc/uptime")) >= up + 0.04);
	for (volatile long i = 0; strtoul(stat_field(getpid(), 14), NULL, 10) +
	     strtoul(stat_field(getpid(), 15), NULL, 10) == 0; i++)
		;		/* until some CPU time of this process is accounted */
}

static void names_of_the_system_agree_with_uname(void)
{
	struct utsname u;
	char line[80], old[80];

	CHECK_EQ(uname(&u), 0);
	snprintf(line, sizeof(line), "%s\n", u.release);
	CHECK_STR(file_text("/proc/sys/kernel/osrelease"), line);
	CHECK_EQ(strncmp(file_text("/proc/version"), u.sysname, strlen(u.sysname)), 0);
	snprintf(old, sizeof(old), "%s", u.nodename);
	CHECK_EQ(file_put_text("/proc/sys/kernel/hostname", "other-name\n"), 0);
	CHECK_EQ(uname(&u), 0);
	CHECK_STR(u.nodename, "other-name");
	CHECK_STR(file_text("/proc/sys/kernel/hostname"), "other-name\n");
	CHECK_EQ(file_put_text("/proc/sys/kernel/hostname", old), 0);
}

static void boot_id_is_constant_and_uuid_is_random(void)
{
	char first[64];

	snprintf(first, sizeof(first), "%.60s", file_text("/proc/sys/kernel/random/boot_id"));
	CHECK_EQ(strlen(first), 37);
	CHECK_STR(file_text("/proc/sys/kernel/random/boot_id"), first);
	snprintf(first, sizeof(first), "%.60s", file_text("/proc/sys/kernel/random/uuid"));
	CHECK(strcmp(file_text("/proc/sys/kernel/random/uuid"), first) != 0);
	CHECK_EQ(first[14], '4');
}

static void mounts_name_the_types_that_scripts_look_for(void)
{
	CHECK(strstr(file_text("/proc/mounts"), " /proc proc ") != NULL);
	CHECK(strstr(file_text("/proc/mounts"), " /sys sysfs ") != NULL);
	CHECK(strstr(file_text("/proc/self/mounts"), " / ramfs ") != NULL);
}

static void files_that_cannot_be_written_say_so(void)
{
	CHECK_EQ(open("/proc/new-file", O_WRONLY | O_CREAT, 0644), -1);
	CHECK_EQ(mkdir("/sys/new-folder", 0755), -1);
	CHECK_EQ(unlink("/proc/version"), -1);
	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(open("/proc/sys/kernel/hostname", O_WRONLY | O_TRUNC), EACCES);
}

/* A directory in a tree of the kernel has no size, so a seek to its end is an error of the caller. */
static void a_seek_to_the_end_of_a_directory_fails(void)
{
	static const char *const folders[] = { "/proc", "/sys", "/dev", "/proc/self", "/proc/self/fd" };

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		int fd = open(folders[i], O_RDONLY | O_DIRECTORY);

		CHECK(fd >= 0);
		CHECK_ERR(lseek(fd, 0, SEEK_END), EINVAL);
		CHECK_ERR(lseek(fd, -1, SEEK_SET), EINVAL);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], "pauses") == 0)
		return pause();
	TAP_TEST(self_is_the_reader);
	TAP_TEST(stat_has_52_fields_that_are_true);
	TAP_TEST(states_of_a_process_are_seen_from_outside);
	TAP_TEST(status_shows_ids_and_signals);
	TAP_TEST(comm_can_be_changed_by_the_process_only);
	TAP_TEST(command_line_and_environment_are_those_of_exec);
	TAP_TEST(maps_show_what_is_mapped);
	TAP_TEST(descriptors_are_links_to_what_is_open);
	TAP_TEST(links_name_program_and_folders);
	TAP_TEST(threads_are_listed_below_task_only);
	TAP_TEST(processes_that_come_and_go_do_not_disturb_a_listing);
	TAP_TEST(stack_of_a_sleeper_names_its_call);
	TAP_TEST(strangers_see_neither_stack_nor_state);
	TAP_TEST(only_root_sees_addresses_of_symbols);
	TAP_TEST(all_files_show_the_same_cpus);
	TAP_TEST(interrupts_are_counted);
	TAP_TEST(memory_that_is_used_is_missing_from_free);
	TAP_TEST(time_passes_in_uptime_and_stat);
	TAP_TEST(names_of_the_system_agree_with_uname);
	TAP_TEST(boot_id_is_constant_and_uuid_is_random);
	TAP_TEST(mounts_name_the_types_that_scripts_look_for);
	TAP_TEST(files_that_cannot_be_written_say_so);
	TAP_TEST(a_seek_to_the_end_of_a_directory_fails);
	return tap_done();
}
