/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_every.c - every function of the kernel is patched once while the system is busy, and
 * taken back.
 *
 * Each is replaced by a version that passes on to the original's body
 * (tests/modules/klp_pass.c), which works for any
 * function: a wrong `notrace`, a hook on the path of hooks, a task that is switched on a stack
 * it should not be, or code that cannot bear to be called through a jump crashes or hangs here.
 * Every function has to end in one of three
 * ways: patched; refused because it has no entry slot or its name is not unique (EINVAL); or
 * blocked by a kernel task that never leaves it, and then reversed.
 *
 * The order is random (TAP_SEED).
 *
 * configurations: cpus=1,2
 * timeout: 900
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include "klp.h"

#define PASS		"klp_pass"
#define MAX_FUNCTIONS	8192
#define NAME_MAX_LEN	64

static char (*names)[NAME_MAX_LEN];
static int nr_names;

static void read_names(void)
{
	char line[256], name[128], module[64], type;
	FILE *f = fopen("/proc/kallsyms", "r");

	CHECK(f != NULL);
	names = calloc(MAX_FUNCTIONS, NAME_MAX_LEN);
	CHECK(names != NULL);
	while (fgets(line, sizeof(line), f)) {
		int n = sscanf(line, "%*s %c %127s %63s", &type, name, module);

		if (n == 2 && (type == 't' || type == 'T') && strlen(name) < NAME_MAX_LEN) {
			CHECK(nr_names < MAX_FUNCTIONS);
			strcpy(names[nr_names++], name);
		}
	}
	fclose(f);
}

static void shuffle_names(uint32_t *seed)
{
	char swap[NAME_MAX_LEN];

	for (int i = nr_names - 1; i > 0; i--) {
		int j = (int)(prng(seed) % (unsigned)(i + 1));

		memcpy(swap, names[i], NAME_MAX_LEN);
		memcpy(names[i], names[j], NAME_MAX_LEN);
		memcpy(names[j], swap, NAME_MAX_LEN);
	}
}

/* ---- load -------------------------------------------------------------------------------- */

static void on_alarm(int sig)
{
}

static void load_spin(void)
{
	struct itimerval every = { { 0, 3000 }, { 0, 3000 } };

	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &every, NULL);
	for (volatile unsigned long n = 0;; n++)
		;
}

static void load_fork(void)
{
	for (;;) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		CHECK(pid > 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
	}
}

static void load_files(void)
{
	char path[64], buf[512];
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	snprintf(path, sizeof(path), "/tmp/klp_every.%d", getpid());
	for (;;) {
		CHECK_EQ(spit(path, "some text"), 0);
		CHECK_STR(slurp(path, buf, sizeof(buf)), "some text");
		CHECK_EQ(unlink(path), 0);
		slurp("/proc/self/status", buf, sizeof(buf));
		CHECK_EQ(write(fds[1], buf, 100), 100);
		CHECK_EQ(read(fds[0], buf, 100), 100);
		nap(100);
	}
}

static pid_t start_load(void (*body)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		CHECK(nice(10) == 10);		/* the patching task must not wait behind the load */
		body();
	}
	return pid;
}

/* ---- one function ------------------------------------------------------------------------ */

/* Waits for the end of the transition, with kicks; false if kernel tasks block it for good. */
static bool settle(void)
{
	for (int round = 0; klp_read(PASS, "transition") == 1; round++) {
		if (round % 16 == 15)
			klp_write(PASS, "signal", "1");
		if (round == 100)
			return false;
		nap(500);
	}
	return true;
}

static void print_blockers(const char *name)
{
	char blockers[4096];

	slurp(KLP_SYSFS "/" PASS "/blockers", blockers, sizeof(blockers));
	tap_line("# %s: reversed, blocked by %.200s", name, blockers);
}

static void take_back(const char *name)
{
	int error = klp_write(PASS, "enabled", "0");

	CHECK_EQ(error, 0);
	for (int round = 0; klp_exists(PASS); round++) {
		if (round % 16 == 15)
			klp_write(PASS, "signal", "1");
		if (round == 2000)
			print_blockers(name);
		nap(500);
	}
	klp_wait_gone(PASS);
	CHECK_EQ(rmmod(PASS), 0);
}

static int counts[3];
enum { PATCHED, REFUSED, REVERSED };

static void patch_one(const char *name)
{
	char args[NAME_MAX_LEN + 16];
	int error;

	snprintf(args, sizeof(args), "target=%s", name);
	if (getenv("KLP_EVERY_VERBOSE"))
		tap_line("# %s", name);
	error = insmod_args(PASS, args);
	if (error) {
		CHECK_EQ(error, EINVAL);
		counts[REFUSED]++;
		return;
	}
	if (settle()) {
		counts[PATCHED]++;
	} else {
		print_blockers(name);
		counts[REVERSED]++;
	}
	take_back(name);
}

static void every_function_is_patched_or_refused(void)
{
	uint32_t seed = (uint32_t)tap_seed() | 1;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t load[64];
	int n = 0;

	read_names();
	shuffle_names(&seed);
	for (long cpu = 0; cpu < (cpus < 8 ? cpus : 8); cpu++) {
		load[n++] = start_load(load_spin);
		load[n++] = start_load(load_fork);
		load[n++] = start_load(load_files);
	}
	for (int i = 0; i < nr_names; i++) {
		if (i % 100 == 0)
			tap_line("# %d of %d", i, nr_names);
		patch_one(names[i]);
	}
	for (int i = 0; i < n; i++) {
		CHECK_EQ(waitpid(load[i], NULL, WNOHANG), 0);	/* found nothing wrong */
		kill(load[i], SIGKILL);
		waitpid(load[i], NULL, 0);
	}
	tap_line("# functions %d patched %d refused %d reversed %d", nr_names, counts[PATCHED], counts[REFUSED],
		 counts[REVERSED]);
	CHECK(counts[PATCHED] > nr_names / 2);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
}

int main(void)
{
	TAP_TEST(every_function_is_patched_or_refused);
	return tap_done();
}
