/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vdso.c - the library that the kernel maps into each program: its clocks are those of the system calls, and it enters the kernel only
 * for the clocks that it does not know.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <tap.h>

#define NS	1000000000ll
#define ROUNDS	2000

static int (*clock_get)(clockid_t clock, struct timespec *ts);
static int (*time_of_day)(struct timeval *tv, void *zone);
static long (*seconds)(long *t);
static int (*get_cpu)(unsigned *cpu, unsigned *node, void *unused);

/* The function @name of the image, found as a C library finds it: by the dynamic section. */
static void *function(const char *name)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR), *strings = NULL;
	const ElfW(Ehdr) *header = (const void *)image;
	const ElfW(Phdr) *segment = (const void *)(image + header->e_phoff);
	const ElfW(Sym) *symbols = NULL;
	const ElfW(Dyn) *entry;
	const uint32_t *hash = NULL;

	CHECK(image && !memcmp(image, ELFMAG, SELFMAG));
	while (segment->p_type != PT_DYNAMIC)
		segment++;
	for (entry = (const void *)(image + segment->p_offset); entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_STRTAB)
			strings = image + entry->d_un.d_ptr;
		else if (entry->d_tag == DT_SYMTAB)
			symbols = (const void *)(image + entry->d_un.d_ptr);
		else if (entry->d_tag == DT_HASH)
			hash = (const void *)(image + entry->d_un.d_ptr);
	}
	CHECK(strings && symbols && hash);
	for (uint32_t i = 0; i < hash[1]; i++)
		if (!strcmp(strings + symbols[i].st_name, name))
			return (void *)(image + symbols[i].st_value);
	CHECK(!"the image has the function");
	return NULL;
}

static void find_functions(void)
{
	clock_get = function("__vdso_clock_gettime");
	time_of_day = function("__vdso_gettimeofday");
	seconds = function("__vdso_time");
	get_cpu = function("__vdso_getcpu");
	CHECK(function("clock_gettime") == (void *)clock_get);
}

static int64_t of_kernel(clockid_t clock)
{
	struct timespec ts;

	CHECK_EQ(syscall(SYS_clock_gettime, clock, &ts), 0);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static int64_t of_image(clockid_t clock)
{
	struct timespec ts;

	CHECK_EQ(clock_get(clock, &ts), 0);
	CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < NS);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static void each_clock_is_that_of_the_kernel(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
	};

	find_functions();
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
		for (int round = 0; round < ROUNDS; round++) {
			int64_t before = of_kernel(clocks[i]), image = of_image(clocks[i]), after = of_kernel(clocks[i]);

			if (before > image || image > after)
				printf("# clock %d, round %d: kernel %lld, image %lld, kernel %lld\n", clocks[i], round,
				       (long long)before, (long long)image, (long long)after);
			CHECK(before <= image && image <= after);
		}
	}
}

static void other_functions_agree(void)
{
	struct timeval tv;
	struct timezone zone = { 1, 1 };
	int64_t before = of_kernel(CLOCK_REALTIME), now;
	long stored;

	find_functions();
	CHECK_EQ(time_of_day(&tv, NULL), 0);
	now = of_kernel(CLOCK_REALTIME);
	CHECK(tv.tv_usec >= 0 && tv.tv_usec < 1000000);
	CHECK(tv.tv_sec * NS + tv.tv_usec * 1000 >= before - 999 && tv.tv_sec * NS + tv.tv_usec * 1000 <= now);
	CHECK_EQ(time_of_day(&tv, &zone), 0);
	CHECK_EQ(zone.tz_minuteswest, 0);
	CHECK_EQ(time_of_day(NULL, NULL), 0);
	CHECK(seconds(&stored) == stored && seconds(NULL) >= stored && stored >= before / NS);
	CHECK_EQ(clock_get(99, &(struct timespec){ 0 }), -EINVAL);
	CHECK_EQ(clock_get(-1, &(struct timespec){ 0 }), -EINVAL);
}

static void the_time_that_is_set_is_seen_at_once(void)
{
	struct timespec ts;
	int64_t real = of_kernel(CLOCK_REALTIME), boot;

	find_functions();
	boot = of_image(CLOCK_MONOTONIC);
	ts = (struct timespec){ .tv_sec = real / NS + 3600 };
	CHECK_EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
	CHECK(of_image(CLOCK_REALTIME) >= (real / NS + 3600) * NS);
	CHECK(of_image(CLOCK_MONOTONIC) - boot < 1800 * NS);
	ts = (struct timespec){ .tv_sec = real / NS, .tv_nsec = real % NS };
	CHECK_EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
}

static void each_cpu_knows_its_number(void)
{
	unsigned cpu, node;
	cpu_set_t set;

	find_functions();
	for (int i = 0; i < sysconf(_SC_NPROCESSORS_ONLN); i++) {
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
		CHECK_EQ(get_cpu(&cpu, &node, NULL), 0);
		CHECK_EQ(cpu, i);
		CHECK_EQ(node, 0);
		CHECK_EQ(get_cpu(NULL, NULL, NULL), 0);
	}
}

/* A tracer sees each system call of the child. The child reads clocks thousands of times, and makes a handful of calls. */
static void a_clock_is_read_without_the_kernel(void)
{
	int status, entries = 0;
	pid_t pid;

	find_functions();
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < ROUNDS; i++) {
			of_image(CLOCK_MONOTONIC);
			of_image(CLOCK_REALTIME);
			seconds(NULL);
			get_cpu(NULL, NULL, NULL);
		}
		syscall(SYS_exit_group, 7);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	for (;;) {
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			break;
		entries++;
		CHECK_EQ(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	/* The way out of kill(), what raise() does behind it, and the entry of exit_group(). */
	CHECK(entries <= 8);
}

static void dies_of_a_store(char *at)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		*at = 1;
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* A page that a program makes writable becomes its own, as a page of any private mapping. */
static void no_program_can_change_it_for_others(void)
{
	char *image = (char *)getauxval(AT_SYSINFO_EHDR), *data = image - 4096;
	int64_t boot;
	int status;
	pid_t pid;

	find_functions();
	dies_of_a_store(image);
	dies_of_a_store(data);
	boot = of_image(CLOCK_MONOTONIC);
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(mprotect(data, 4096, PROT_READ | PROT_WRITE), 0);
		memset(data, 0, 24);
		_exit(of_image(CLOCK_MONOTONIC) == 0 ? 5 : 6);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	CHECK(of_image(CLOCK_MONOTONIC) > boot);
}

static void maps_shows_it(void)
{
	unsigned long image = getauxval(AT_SYSINFO_EHDR), start = 0, end = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256], rights[8];
	int found = 0;

	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "[vdso]") && sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3)
			found++;
	fclose(maps);
	CHECK_EQ(found, 1);
	CHECK(start < image && image < end);
	CHECK_STR(rights, "r-xp");
}

int main(void)
{
	TAP_TEST(each_clock_is_that_of_the_kernel);
	TAP_TEST(other_functions_agree);
	TAP_TEST(the_time_that_is_set_is_seen_at_once);
	TAP_TEST(each_cpu_knows_its_number);
	TAP_TEST(a_clock_is_read_without_the_kernel);
	TAP_TEST(no_program_can_change_it_for_others);
	TAP_TEST(maps_shows_it);
	return tap_done();
}
