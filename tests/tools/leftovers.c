/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leftovers.c - finds what a suite has left behind, for the script of tests/run.py.
 *
 *	leftovers begin		remembers which modules are loaded and which processes exist
 *	leftovers end		prints what came since then and is still there, "=== left: NAME" for
 *				each module and "=== left: process PID NAME", and removes it, so that
 *				only this suite fails for it
 *
 * A process that is being killed is not reported; the program waits for its end. Many suites let the kernel
 * kill their children (PR_SET_PDEATHSIG).
 */
#include <sched.h>
#include "klp.h"

#define BEFORE		"/tmp/modules_before"
#define PROCESSES	"/tmp/processes_before"
#define MAX_TEXT	16384
#define LOOKS		1000	/* so often the program looks whether a process that runs has ended */

/* The names in /proc/modules, each with a blank before and behind. */
static const char *loaded(void)
{
	static char names[MAX_TEXT];
	char line[512], name[128];
	size_t n = 1;
	FILE *f = fopen("/proc/modules", "r");

	strcpy(names, " ");
	while (f && fgets(line, sizeof(line), f) && n < sizeof(names) - sizeof(name))
		if (sscanf(line, "%126s", name) == 1)
			n += (size_t)sprintf(names + n, "%s ", name);
	if (f)
		fclose(f);
	return names;
}

static bool was_there(const char *before, const char *name)
{
	char word[160];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(before, word) != NULL;
}

/* ---- processes ------------------------------------------------------------------------------- */

/*
 * The state letter of a program's process. 0: the process has ended, is a kernel thread, or is a server that
 * init has restarted.
 */
static char process_state(const char *pid)
{
	char path[300], text[256] = "";
	const char *end;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	if (readlink(path, text, sizeof(text) - 1) <= 0 || strncmp(text, "/boot/", 6) == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	end = strrchr(slurp(path, text, sizeof(text)), ')');
	return end && end[1] && end[2] != 'Z' ? end[2] : 0;
}

static bool is_being_killed(const char *pid)
{
	char path[300], text[4096], *line;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	line = strstr(slurp(path, text, sizeof(text)), "ShdPnd:");
	return line && strtoull(line + 7, NULL, 16) & 1ULL << (SIGKILL - 1);
}

static bool is_number(const char *name)
{
	return *name >= '1' && *name <= '9';
}

/* The numbers of all processes, each with a blank before and behind. */
static const char *processes(void)
{
	static char pids[MAX_TEXT];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t n = 1;

	strcpy(pids, " ");
	while (proc && (entry = readdir(proc)) && n < sizeof(pids) - 20)
		if (is_number(entry->d_name))
			n += (size_t)sprintf(pids + n, "%.18s ", entry->d_name);
	if (proc)
		closedir(proc);
	return pids;
}

/*
 * The number of a process that came after @before and neither runs nor is being killed, in a static buffer; or NULL.
 * *@moving: another new process runs or is being killed, and its end may end further processes.
 */
static const char *process_at_rest(const char *before, const char *killed, bool *moving)
{
	static char now[MAX_TEXT];
	const char *rest = NULL;

	*moving = false;
	snprintf(now, sizeof(now), "%s", processes());
	for (char *pid = strtok(now, " "); pid; pid = strtok(NULL, " ")) {
		char state = was_there(before, pid) || atoi(pid) == getpid() ? 0 : process_state(pid);

		if (!state)
			continue;
		if (strchr("RD", state) || is_being_killed(pid) || was_there(killed, pid))
			*moving = true;
		else
			rest = pid;
	}
	return rest;
}

static void report_process(const char *pid)
{
	char path[64], name[64];

	snprintf(path, sizeof(path), "/proc/%.18s/comm", pid);
	tap_line("=== left: process %s %s", pid, slurp(path, name, sizeof(name)));
	kill(atoi(pid), SIGKILL);
}

static void report_processes(void)
{
	static char before[MAX_TEXT], killed[MAX_TEXT] = " ";
	const char *pid;
	bool moving;

	slurp(PROCESSES, before, sizeof(before));
	for (int look = 0; look <= LOOKS; look++) {
		pid = process_at_rest(before, killed, &moving);
		if (!pid && !moving)
			return;
		if (pid && (!moving || look == LOOKS)) {
			report_process(pid);
			sprintf(killed + strlen(killed), "%.18s ", pid);
		}
		sched_yield();
	}
	tap_line("=== left: a process that runs");
}

/* ---- modules and the report ------------------------------------------------------------------ */

static int report(void)
{
	static char before[MAX_TEXT], now[MAX_TEXT];
	bool left = false;

	report_processes();
	slurp(BEFORE, before, sizeof(before));
	snprintf(now, sizeof(now), "%s", loaded());
	for (char *name = strtok(now, " "); name; name = strtok(NULL, " "))
		if (!was_there(before, name)) {
			tap_line("=== left: %s", name);
			left = true;
		}
	if (left)
		klp_clean_up();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	if (strcmp(argv[1], "begin") != 0)
		return report();
	return spit(PROCESSES, processes()) ? 1 : spit(BEFORE, loaded());
}
