/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp: live patches from the command line.  It only uses what any script can use, too: the files
 * below /sys/kernel/livepatch and the module system calls; `klp help` is its manual.
 *
 * Exit status: 0 done, 1 the kernel refused or the patch is not there, 2 wrong usage.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROOT		"/sys/kernel/livepatch"
#define MODULES		"/lib/modules"
#define PATH_BYTES	512
#define NAME_BYTES	64	/* of a module, with its NUL: more than the kernel allows */
#define POLL_NS		5000000	/* these files have no event to wait for, as on Linux */
#define PUT_TRIES	1000	/* when a patch's directory is gone, its reference follows */

static const char usage[] =
	"usage: klp COMMAND\n"
	"  list                  patches that are loaded, their functions, modules at hand\n"
	"  status                one line for each loaded patch\n"
	"  load FILE [PARAM=VALUE]... [--wait]\n"
	"                        load a patch module and start its transition\n"
	"  disable NAME [--wait] take a patch back\n"
	"  unload NAME           take a patch back, wait, and remove its module\n"
	"  enable NAME [--wait]  turn a patch round that is being taken back\n"
	"  wait NAME             until no transition of NAME runs\n"
	"  why NAME              which tasks keep the transition of NAME from ending, and why\n"
	"  signal NAME           ask all blocking tasks to leave the kernel now\n"
	"  force NAME            end the transition without them; then the memory of functions\n"
	"                        that were left is never freed\n"
	"  help                  this text\n"
	"FILE without a slash is looked up in " MODULES ", too, and .ko may be left out.\n"
	"NAME is the module's name; a file name such as livepatch-sample.ko is understood, too.\n"
	"--wait waits until every task has switched; after disable, until the module can go.\n";

static void complain(const char *fmt, ...)
{
	va_list args;

	fputs("klp: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- files of the kernel ------------------------------------------------------------- */

/* Reads a small file into @buf as a string without the last newline: 0 or -errno. */
static int read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);
	int rc = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (rc < 0)
		return rc;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int rc = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static void attribute_path(char path[PATH_BYTES], const char *patch, const char *attribute)
{
	snprintf(path, PATH_BYTES, ROOT "/%s/%s", patch, attribute);
}

/* The number in an attribute of a patch, or -errno. */
static int get_number(const char *patch, const char *attribute)
{
	char path[PATH_BYTES], text[32];
	int rc;

	attribute_path(path, patch, attribute);
	rc = read_text(path, text, sizeof(text));
	return rc < 0 ? rc : atoi(text);
}

static int set_number(const char *patch, const char *attribute, const char *value)
{
	char path[PATH_BYTES];

	attribute_path(path, patch, attribute);
	return write_text(path, value);
}

/* "dir/livepatch-sample.ko" is the module livepatch_sample. */
static void module_name(char name[NAME_BYTES], const char *text)
{
	const char *slash = strrchr(text, '/');
	size_t len;

	snprintf(name, NAME_BYTES, "%s", slash ? slash + 1 : text);
	len = strlen(name);
	if (len > 3 && strcmp(name + len - 3, ".ko") == 0)
		name[len - 3] = '\0';
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
}

static bool is_loaded(const char *patch)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), ROOT "/%s", patch);
	return access(path, F_OK) == 0;
}

/* Says that @patch is not there, and what is; false then. */
static bool check_loaded(const char *patch)
{
	if (is_loaded(patch))
		return true;
	complain("%s: no such patch; `klp list` shows what is loaded", patch);
	return false;
}

/* ---- waiting ------------------------------------------------------------------------- */

static void pause_once(void)
{
	const struct timespec pause = { 0, POLL_NS };

	nanosleep(&pause, NULL);
}

/* Until no transition of @patch runs: 0, or -errno of the file. A patch that is gone has none. */
static int wait_settled(const char *patch)
{
	int transition;

	while ((transition = get_number(patch, "transition")) > 0)
		pause_once();
	return transition == -ENOENT || transition == -ENODEV ? 0 : transition;
}

/*
 * Until @patch has been taken back and holds its module no longer: 0, or -EBUSY if it was
 * enabled again, or its module stays for ever because the transition was forced.
 */
static int wait_gone(const char *patch)
{
	char path[PATH_BYTES], text[32];

	while (is_loaded(patch)) {
		if (get_number(patch, "enabled") == 1)
			return -EBUSY;
		pause_once();
	}
	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", patch);
	for (int tries = 0; tries < PUT_TRIES; tries++) {
		if (read_text(path, text, sizeof(text)) < 0 || atoi(text) == 0)
			return 0;
		pause_once();
	}
	return -EBUSY;
}

/* Says why a wait failed; the exit status. */
static int wait_status(const char *patch, int rc)
{
	if (rc == 0)
		return 0;
	if (rc == -EBUSY)
		complain("%s: it was enabled again, or was forced, and its module stays", patch);
	else
		complain("%s: waiting: %s", patch, strerror(-rc));
	return 1;
}

/* ---- commands ------------------------------------------------------------------------ */

/* Calls @fn for each subdirectory of @path that is no hidden name; their number, or -errno. */
static int each_directory(const char *path, void (*fn)(const char *path, const char *name))
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR) {
			fn(path, entry->d_name);
			count++;
		}
	closedir(dir);
	return count;
}

static const char *state_of(const char *patch)
{
	int enabled = get_number(patch, "enabled");
	int transition = get_number(patch, "transition");

	if (enabled < 0)
		return "gone";
	if (transition > 0)
		return enabled ? "being applied" : "being taken back";
	return enabled ? "applied" : "off";
}

/* Tasks in the `blockers` file: one line each; -errno if it cannot be read. */
static int count_blockers(const char *patch)
{
	char path[PATH_BYTES];
	int lines = 0, c;
	FILE *file;

	attribute_path(path, patch, "blockers");
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void print_status(const char *root, const char *patch)
{
	int waiting = get_number(patch, "transition") > 0 ? count_blockers(patch) : 0;

	printf("%-24s %s", patch, state_of(patch));
	if (waiting > 0)
		printf(", %d task%s to go (`klp why %s`)", waiting, waiting == 1 ? "" : "s", patch);
	putchar('\n');
}

static void print_function(const char *path, const char *name)
{
	printf("        %s\n", name);
}

static void print_object(const char *root, const char *name)
{
	char path[2 * PATH_BYTES];

	printf("    %s\n", name);
	snprintf(path, sizeof(path), "%s/%s", root, name);
	each_directory(path, print_function);
}

static void print_patch(const char *root, const char *patch)
{
	char path[PATH_BYTES];

	print_status(root, patch);
	snprintf(path, sizeof(path), ROOT "/%s", patch);
	each_directory(path, print_object);
}

static void print_modules(void)
{
	DIR *dir = opendir(MODULES);
	struct dirent *entry;

	if (!dir)
		return;
	printf("modules in " MODULES ":\n");
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".ko"))
			printf("    %s\n", entry->d_name);
	closedir(dir);
}

static int cmd_status(void)
{
	int n = each_directory(ROOT, print_status);

	if (n < 0)
		complain(ROOT ": %s: this kernel has no live patching", strerror(-n));
	else if (n == 0)
		printf("no patch is loaded\n");
	return n < 0;
}

static int cmd_list(void)
{
	int n = each_directory(ROOT, print_patch);

	if (n < 0)
		complain(ROOT ": %s: this kernel has no live patching", strerror(-n));
	else if (n == 0)
		printf("no patch is loaded\n");
	print_modules();
	return n < 0;
}

/* What to do about a module that the kernel refused. */
static const char *load_advice(int error)
{
	switch (error) {
	case EEXIST:
		return "it is loaded already; `klp status` shows its state";
	case ENOEXEC:
		return "no module for this kernel (`make module SRC=...`); "
		       "`dmesg` says what is wrong";
	case ENOENT:
		return "a symbol or the file is missing; `dmesg` names the symbol";
	case EINVAL:
		return "the kernel refuses the patch; `dmesg` says why";
	case EBUSY:
		return "another transition runs; `klp status`, then `klp wait NAME`";
	case EPERM:
		return "only root may load modules";
	}
	return "`dmesg` may say more";
}

static void join(char *out, size_t size, char **words, int count)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < count && used < size; i++)
		used += snprintf(out + used, size - used, "%s%s", used ? " " : "", words[i]);
}

/* FILE itself, or for a name without a slash the module at hand: a descriptor, or -1. */
static int open_module(const char *file)
{
	static const char *const forms[] = { MODULES "/%s", MODULES "/%s.ko" };
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char path[PATH_BYTES];

	for (unsigned i = 0; fd < 0 && errno == ENOENT && !strchr(file, '/') && i < 2; i++) {
		snprintf(path, sizeof(path), forms[i], file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

static int cmd_load(const char *file, char **parameters, int count, bool wait)
{
	char text[1024], patch[NAME_BYTES];
	int fd = open_module(file), error;

	if (fd < 0) {
		complain("%s: %s", file, strerror(errno));
		return 1;
	}
	join(text, sizeof(text), parameters, count);
	error = syscall(SYS_finit_module, fd, text, 0) < 0 ? errno : 0;
	close(fd);
	if (error) {
		complain("%s: %s: %s", file, strerror(error), load_advice(error));
		return 1;
	}
	module_name(patch, file);
	return wait ? wait_status(patch, wait_settled(patch)) : 0;
}

static const char *switch_advice(int error)
{
	switch (error) {
	case EBUSY:
		return "a transition of another patch runs; `klp status`, then `klp wait` for it";
	case EINVAL:
		return "it is in that state already; `klp status` shows it";
	case EPERM:
		return "the patch was forced, or you are not root";
	}
	return "`dmesg` may say more";
}

static int set_enabled(const char *patch, const char *value)
{
	int rc;

	if (!check_loaded(patch))
		return 1;
	rc = set_number(patch, "enabled", value);
	if (rc < 0)
		complain("%s: %s: %s", patch, strerror(-rc), switch_advice(-rc));
	return rc < 0;
}

static int cmd_enable(const char *patch, bool wait)
{
	if (set_enabled(patch, "1"))
		return 1;
	return wait ? wait_status(patch, wait_settled(patch)) : 0;
}

static int cmd_disable(const char *patch, bool wait)
{
	if (set_enabled(patch, "0"))
		return 1;
	return wait ? wait_status(patch, wait_gone(patch)) : 0;
}

/* A patch that is off or replaced, or on its way there, only has to be waited for. */
static int cmd_unload(const char *patch)
{
	int status = get_number(patch, "enabled") == 1 ? cmd_disable(patch, true)
						      : wait_status(patch, wait_gone(patch));

	if (status)
		return status;
	if (syscall(SYS_delete_module, patch, O_NONBLOCK) < 0) {
		complain("%s: %s: %s", patch, strerror(errno),
			 errno == ENOENT ? "no such module; `klp list` shows what is loaded"
					 : "`lsmod` and `dmesg` may say more");
		return 1;
	}
	return 0;
}

static int cmd_why(const char *patch)
{
	char path[PATH_BYTES], text[4096];
	size_t n, total = 0;
	FILE *file;

	if (!check_loaded(patch))
		return 1;
	if (get_number(patch, "transition") <= 0) {
		printf("%s: %s; no transition runs\n", patch, state_of(patch));
		return 0;
	}
	attribute_path(path, patch, "blockers");
	file = fopen(path, "re");
	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return 1;
	}
	while ((n = fread(text, 1, sizeof(text), file))) {
		fwrite(text, 1, n, stdout);
		total += n;
	}
	fclose(file);
	printf(total ? "`klp signal %s` asks those that sleep in state S to leave the kernel.\n"
		     : "%s: no task blocks; the transition is about to end\n", patch);
	return 0;
}

static int poke(const char *patch, const char *attribute)
{
	int rc;

	if (!check_loaded(patch))
		return 1;
	rc = set_number(patch, attribute, "1");
	if (rc == -EINVAL)
		complain("%s: no transition of this patch runs", patch);
	else if (rc == -ENOENT)
		complain("%s: this kernel has no `%s`", patch, attribute);
	else if (rc < 0)
		complain("%s: %s: %s", patch, attribute, strerror(-rc));
	return rc < 0;
}

/* ---- the command line ---------------------------------------------------------------- */

static int wrong_usage(const char *fmt, const char *word)
{
	complain(fmt, word);
	fputs("usage: klp COMMAND [NAME]; `klp help` lists the commands\n", stderr);
	return 2;
}

static bool is_command(const char *word)
{
	static const char *const commands[] = { "load", "disable", "unload", "enable", "wait",
						"why", "signal", "force" };

	for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(word, commands[i]) == 0)
			return true;
	return false;
}

/* Commands about one patch. */
static int about_patch(const char *command, const char *patch, bool wait)
{
	if (strcmp(command, "enable") == 0)
		return cmd_enable(patch, wait);
	if (strcmp(command, "disable") == 0)
		return cmd_disable(patch, wait);
	if (strcmp(command, "unload") == 0)
		return cmd_unload(patch);
	if (strcmp(command, "wait") == 0)
		return check_loaded(patch) ? wait_status(patch, wait_settled(patch)) : 1;
	if (strcmp(command, "why") == 0)
		return cmd_why(patch);
	return poke(patch, command);		/* signal and force are files of the kernel */
}

static bool takes_wait(const char *command)
{
	return strcmp(command, "enable") == 0 || strcmp(command, "disable") == 0 ||
	       strcmp(command, "load") == 0;
}

/*
 * Takes --wait, wherever it stands, out of the @count words: how many are left.  A word that
 * looks like another option goes to *@unknown.
 */
static int take_wait(char **words, int count, const char *command, bool *wait, const char **unknown)
{
	int left = 0;

	for (int i = 0; i < count; i++) {
		if (words[i][0] != '-')
			words[left++] = words[i];
		else if (takes_wait(command) && strcmp(words[i], "--wait") == 0)
			*wait = true;
		else
			*unknown = words[i];
	}
	return left;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "help", *unknown = NULL;
	char patch[NAME_BYTES];
	bool wait = false;
	int words;

	setvbuf(stdout, NULL, _IOFBF, 4096);
	if (strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 ||
	    strcmp(command, "-h") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (strcmp(command, "list") == 0)
		return argc == 2 ? cmd_list() : wrong_usage("%s takes no argument", command);
	if (strcmp(command, "status") == 0)
		return argc == 2 ? cmd_status() : wrong_usage("%s takes no argument", command);
	if (!is_command(command))
		return wrong_usage("no command \"%s\"", command);
	words = take_wait(argv + 2, argc - 2, command, &wait, &unknown);
	if (unknown)
		return wrong_usage("no option \"%s\" here", unknown);
	if (!words)
		return wrong_usage("%s: which patch?", command);
	if (strcmp(command, "load") == 0)
		return cmd_load(argv[2], argv + 3, words - 1, wait);
	if (words != 1)
		return wrong_usage("%s: too many arguments", command);
	module_name(patch, argv[2]);
	return about_patch(command, patch, wait);
}
