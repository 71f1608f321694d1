/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.c - the state of the system after the boot. The suite runs in every configuration of the boot matrix.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <fcntl.h>

#include "tap.h"

static void script_runs_as_root(void)
{
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(geteuid(), 0);
}

static void uname_names_neurath_on_x86_64(void)
{
	struct utsname names;

	CHECK_EQ(uname(&names), 0);
	CHECK_STR(names.machine, "x86_64");
	CHECK(names.release[0] != 0);
}

/* Each CPU of the machine must run tasks: a task that is bound to a CPU finds that it runs there. */
static void each_cpu_runs_tasks(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	CHECK(cpus >= 1);
	for (long cpu = 0; cpu < cpus; cpu++) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
		CHECK_EQ(sched_getcpu(), cpu);
	}
}

static void clock_runs_forward(void)
{
	struct timespec before, after, pause = { .tv_nsec = 20000000 };
	long long elapsed;

	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	CHECK_EQ(nanosleep(&pause, NULL), 0);
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	elapsed = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
	CHECK(elapsed >= 20000000);
}

static void root_has_the_usual_folders(void)
{
	static const char *const folders[] = {
		"/bin", "/dev", "/etc", "/proc", "/sys", "/tmp", "/root", "/home",
	};
	struct stat st;

	for (unsigned i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		if (stat(folders[i], &st))
			CHECK_FAIL("stat %s: errno %d", folders[i], errno);
		CHECK(S_ISDIR(st.st_mode));
	}
}

static void files_written_can_be_read(void)
{
	char buffer[16] = "";
	int fd = open("/tmp/boot-test", O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "neurath", 7), 7);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, buffer, sizeof(buffer)), 7);
	CHECK_STR(buffer, "neurath");
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink("/tmp/boot-test"), 0);
}

int main(void)
{
	TAP_TEST(script_runs_as_root);
	TAP_TEST(uname_names_neurath_on_x86_64);
	TAP_TEST(each_cpu_runs_tasks);
	TAP_TEST(clock_runs_forward);
	TAP_TEST(root_has_the_usual_folders);
	TAP_TEST(files_written_can_be_read);
	return tap_done();
}
