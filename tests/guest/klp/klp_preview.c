/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_preview.c - /sys/kernel/livepatch/check names the tasks that would block a patch. When the patch is
 * loaded, exactly these tasks block it: sleepers in many calls, a kernel thread with an unreliable
 * stack, a stopped task, idle tasks of busy CPUs.
 *
 * A transition that does not end hangs the test.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include "klp_load.h"
#include "asleep.h"

#define CHECK_FILE	KLP_SYSFS "/check"
#define PERIOD		"/proc/sys/kernel/livepatch_signal_period_ms"
#define STACK		"klp_stack"
#define TRIALS		50
#define SLEEPERS	7
#define FUNCTIONS	96

static pid_t sleepers[SLEEPERS];
static char functions[FUNCTIONS][64];
static int nr_functions;
static uint32_t seed;

/* ---- questions to the file check ------------------------------------------------------------ */

/* Returns the answer to @question; on failure returns "" and sets *@error. */
static const char *ask(const char *question, int *error)
{
	static char answer[64 * 1024];
	int fd = open(CHECK_FILE, O_RDWR);
	ssize_t n;

	CHECK(fd >= 0);
	*error = write(fd, question, strlen(question)) == (ssize_t)strlen(question) ? 0 : errno;
	n = read(fd, answer, sizeof(answer) - 1);
	CHECK(n >= 0);
	answer[n] = '\0';
	close(fd);
	return answer;
}

/* Whether one of the lines of @text begins with this pid. */
static bool names(const char *text, pid_t pid)
{
	char start[16];

	snprintf(start, sizeof(start), "%d ", pid);
	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, start, strlen(start)) == 0)
			return true;
	}
	return false;
}

static void functions_are_looked_up(void)
{
	int error;
	const char *answer = ask("vmlinux cmdline_proc_show\nvmlinux no_such_function\nvmlinux memcpy\n"
				 "nowhere f\nvmlinux cmdline_proc_show,2\n", &error);

	CHECK_EQ(error, 0);
	CHECK(strstr(answer, "vmlinux cmdline_proc_show: patchable\n"));
	CHECK(strstr(answer, "vmlinux no_such_function: no such function\n"));
	CHECK(strstr(answer, "vmlinux memcpy: no entry slot"));
	CHECK(strstr(answer, "nowhere f: the module is not loaded\n"));
}

static void bad_questions_are_refused(void)
{
	static const char *const bad[] = { "vmlinux", " ", "\n", "vmlinux f,x", "vmlinux f,1 vmlinux" };
	int error;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_STR(ask(bad[i], &error), "");
		CHECK_EQ(error, EINVAL);
	}
}

static void each_open_file_has_its_own_answer(void)
{
	int one = open(CHECK_FILE, O_RDWR), other = open(CHECK_FILE, O_RDWR);
	char text[4096];

	CHECK(write(one, "vmlinux do_exit", 15) == 15);
	CHECK_EQ(read(other, text, sizeof(text)), 0);
	CHECK(write(other, "nowhere f", 9) == 9);
	CHECK(read(one, text, sizeof(text)) > 0);
	CHECK(strncmp(text, "vmlinux do_exit: patchable\n", 27) == 0);
	close(one);
	close(other);
}

/* Scripts list the directory and take each entry for a patch, so the list leaves out `check`. */
static void check_is_no_entry_of_the_folder(void)
{
	DIR *dir = opendir(KLP_SYSFS);

	CHECK(dir != NULL && access(CHECK_FILE, F_OK) == 0);
	for (struct dirent *entry; (entry = readdir(dir));)
		CHECK(entry->d_name[0] == '.');
	closedir(dir);
}

static void only_root_asks(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		CHECK_EQ(setuid(1000), 0);
		_exit(open(CHECK_FILE, O_RDWR) < 0 && errno == EACCES ? 0 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- sleepers -------------------------------------------------------------------------------- */

static void sleep_in_nanosleep(void)
{
	sleep(100000);
}

static void sleep_in_pipe(void)
{
	int ends[2];
	char byte;

	if (pipe(ends) == 0)
		(void)!read(ends[0], &byte, 1);
}

static void sleep_in_poll(void)
{
	poll(NULL, 0, -1);
}

static void sleep_in_futex(void)
{
	static uint32_t word;

	syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
}

static void sleep_in_wait(void)
{
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		load_sleep();
	}
	wait(NULL);
}

static void stop(void)
{
	raise(SIGSTOP);
}

static void remember_function(const char *name)
{
	for (int i = 0; i < nr_functions; i++)
		if (strcmp(functions[i], name) == 0)
			return;
	CHECK(nr_functions < FUNCTIONS);
	snprintf(functions[nr_functions++], sizeof(functions[0]), "%s", name);
}

/* The functions that @pid sleeps in become candidates. Assembly functions have no slot and cannot be patched. */
static void remember_stack(pid_t pid)
{
	char path[64], text[4096], question[128], name[64];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	slurp(path, text, sizeof(text));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "[<0>] %63[^+]", name) != 1)
			continue;
		snprintf(question, sizeof(question), "vmlinux %s", name);
		if (strstr(ask(question, &error), ": patchable"))
			remember_function(name);
	}
}

/* Waits until the task sleeps or is stopped. A task that was just kicked first returns to its sleep. */
static void wait_at_rest(pid_t pid)
{
	while (!strchr("ST", thread_state(pid, pid)))
		sched_yield();
}

static void plant_sleepers(void)
{
	static void (*const bodies[])(void) = { sleep_in_nanosleep, sleep_in_pipe, sleep_in_poll, sleep_in_futex,
						sleep_in_wait, load_sleep, stop };

	for (int i = 0; i < SLEEPERS; i++) {
		sleepers[i] = load_start(bodies[i]);
		wait_at_rest(sleepers[i]);
		remember_stack(sleepers[i]);
	}
	remember_function("cmdline_proc_show");
	remember_function("sched_idle_switch");
	CHECK(nr_functions > 8);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* True if poll() reports POLLPRI for @fd. @timeout 0 asks once, -1 waits for POLLPRI. */
static bool changed(int fd, int timeout)
{
	struct pollfd item = { .fd = fd, .events = POLLPRI };

	return poll(&item, 1, timeout) == 1 && (item.revents & POLLPRI);
}

static int read_digit(int fd)
{
	char text[16];

	return pread(fd, text, sizeof(text), 0) > 0 ? text[0] : -errno;
}

/* Reads `transition` after each event, until the file contains @digit. */
static void wait_for_digit(int fd, int digit)
{
	while (read_digit(fd) != digit)
		CHECK(changed(fd, -1));
}

static void changes_of_a_patch_are_events(void)
{
	int transition, enabled;

	CHECK_EQ(pass_insmod("sleep_until_interruptible", ""), 0);
	transition = open(KLP_SYSFS "/" PASS "/transition", O_RDONLY);
	enabled = open(KLP_SYSFS "/" PASS "/enabled", O_RDONLY);
	CHECK(changed(transition, 0));		/* the file was not read yet */
	CHECK_EQ(read_digit(transition), '1');
	CHECK(!changed(transition, 0));
	CHECK_EQ(read_digit(enabled), '1');
	CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
	wait_for_digit(transition, '0');
	for (int i = 0; i < SLEEPERS; i++)
		wait_at_rest(sleepers[i]);	/* else none of them may block the way back */
	CHECK_EQ(klp_write(PASS, "enabled", "0"), 0);
	CHECK(changed(enabled, 0) && changed(transition, 0));
	CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
	wait_for_digit(transition, -ENODEV);
	CHECK(changed(enabled, 0));
	close(transition);
	close(enabled);
	klp_wait_gone(PASS);
	CHECK_EQ(rmmod(PASS), 0);
}

/* ---- trials ---------------------------------------------------------------------------------- */

/* Chooses one to three candidates, and writes them as a parameter of klp_pass and as a question. */
static void choose(char *targets, char *question, size_t size)
{
	int n = 1 + (int)(prng(&seed) % 3), chosen[3];

	targets[0] = question[0] = '\0';
	for (int i = 0; i < n; i++) {
		const char *name;

		chosen[i] = (int)(prng(&seed) % (unsigned)nr_functions);
		for (int j = 0; j < i; j++)
			if (chosen[j] == chosen[i])
				return;		/* the same function again: fewer candidates are enough */
		name = functions[chosen[i]];
		snprintf(targets + strlen(targets), size - strlen(targets), "%s%s", i ? "," : "", name);
		snprintf(question + strlen(question), size - strlen(question), "vmlinux %s\n", name);
	}
}

static pid_t stack_thread(void)
{
	char path[300], name[64];
	pid_t found = 0;
	DIR *proc = opendir("/proc");

	CHECK(proc != NULL);
	for (struct dirent *entry; (entry = readdir(proc));) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (atoi(entry->d_name) && strcmp(slurp(path, name, sizeof(name)), "stack_thread") == 0)
			found = atoi(entry->d_name);
	}
	closedir(proc);
	CHECK(found > 0);
	return found;
}

static void predictions_come_true(void)
{
	pid_t planted[SLEEPERS + 1], spinner = load_start(load_spin);
	char targets[256], question[256];
	int blocked = 0, free = 0, error;

	memcpy(planted, sleepers, sizeof(sleepers));
	/* This thread blocks every transition from here on. */
	CHECK_EQ(insmod_args(STACK, "how=no-caller"), 0);
	planted[SLEEPERS] = stack_thread();
	for (int trial = 0; trial < TRIALS; trial++) {
		bool foreseen[SLEEPERS + 1];
		const char *text;

		for (int i = 0; i <= SLEEPERS; i++)
			wait_at_rest(planted[i]);	/* the preview leaves out running tasks */
		choose(targets, question, sizeof(targets));
		text = ask(question, &error);
		CHECK_EQ(error, 0);
		for (int i = 0; i <= SLEEPERS; i++)
			foreseen[i] = names(text, planted[i]);
		if (pass_insmod(targets, "") != 0)
			continue;		/* functions that hooks depend on cannot be patched */
		text = klp_read(PASS, "transition") == 1 ? pass_blockers() : "";
		for (int i = 0; i <= SLEEPERS; i++) {
			if (names(text, planted[i]) != foreseen[i])
				printf("# %s: task %d: foreseen %d\n# %s\n", targets, planted[i], foreseen[i], text);
			CHECK_EQ(names(text, planted[i]), foreseen[i]);
			blocked += foreseen[i];
			free += !foreseen[i];
		}
		pass_unload();
	}
	printf("# %d blockers foreseen, %d tasks foreseen as free\n", blocked, free);
	CHECK(blocked > TRIALS && free > 0);
	load_end(&spinner, 1);
	CHECK_EQ(rmmod(STACK), 0);
}

int main(void)
{
	char period[32];

	seed = (uint32_t)tap_seed() | 1;
	slurp(PERIOD, period, sizeof(period));
	CHECK_EQ(spit(PERIOD, "0"), 0);
	plant_sleepers();
	TAP_TEST(functions_are_looked_up);
	TAP_TEST(bad_questions_are_refused);
	TAP_TEST(each_open_file_has_its_own_answer);
	TAP_TEST(check_is_no_entry_of_the_folder);
	TAP_TEST(only_root_asks);
	TAP_TEST(changes_of_a_patch_are_events);
	TAP_TEST(predictions_come_true);
	load_end(sleepers, SLEEPERS);
	spit(PERIOD, period);
	return tap_done();
}
