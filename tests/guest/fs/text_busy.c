/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text_busy.c - ETXTBSY: a file can be written or executed, but never both at once.  An argument is the
 * folder to work in instead of /tmp.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "files.h"

static const char *top = "/tmp";

/* Copies this program to ./program, in an empty folder. */
static void install_program(void)
{
	static char dir[256];
	size_t size;
	unsigned char *bytes = file_bytes("/proc/self/exe", &size);
	int fd;

	snprintf(dir, sizeof(dir), "%s/busy.XXXXXX", top);
	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
	fd = open("program", O_WRONLY | O_CREAT | O_EXCL, 0755);
	CHECK(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, bytes + done, size - done);

		CHECK(n > 0);
		done += n;
	}
	CHECK_EQ(close(fd), 0);
	free(bytes);
}

static void remove_program(void)
{
	char dir[256];

	CHECK(getcwd(dir, sizeof(dir)));
	unlink("program");
	unlink("other");
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(rmdir(dir), 0);
}

static int hold;		/* ./program runs until this descriptor is closed */

/* Starts the program; returns when it runs. */
static pid_t start(const char *path)
{
	char *argv[] = { (char *)path, "--wait", NULL }, byte;
	int go[2], ready[2];
	pid_t pid;

	CHECK_EQ(pipe2(go, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(go[0], STDIN_FILENO);
		dup2(ready[1], STDOUT_FILENO);
		execv(path, argv);
		_exit(127);
	}
	close(go[0]);
	close(ready[1]);
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	hold = go[1];
	return pid;
}

/* The exit status of the program, or the errno of execve(). */
static int run(const char *path)
{
	char *const argv[] = { (char *)path, "--end", NULL };
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		execv(path, argv);
		_exit(errno);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void finish(pid_t pid)
{
	int status;

	close(hold);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* ---- the ways to write ------------------------------------------------------------ */

static int open_write(const char *path)
{
	return open(path, O_WRONLY);
}

static int open_both(const char *path)
{
	return open(path, O_RDWR);
}

static int open_append(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT, 0755);
}

static int open_empty(const char *path)
{
	return open(path, O_RDONLY | O_TRUNC);
}

static int open_write_empty(const char *path)
{
	return open(path, O_WRONLY | O_TRUNC);
}

static int call_creat(const char *path)
{
	return creat(path, 0755);
}

static int call_truncate(const char *path)
{
	return truncate(path, 1);
}

static int (*const writes[])(const char *path) = {
	open_write, open_both, open_append, open_empty, open_write_empty, call_creat, call_truncate,
};
#define WRITES	(sizeof(writes) / sizeof(writes[0]))

static void writing_a_running_program_is_refused(void)
{
	struct stat before, after;
	pid_t pid;

	install_program();
	CHECK_EQ(stat("program", &before), 0);
	pid = start("./program");
	for (unsigned i = 0; i < WRITES; i++)
		CHECK_ERR(writes[i]("program"), ETXTBSY);
	CHECK_EQ(stat("program", &after), 0);
	CHECK_EQ(after.st_size, before.st_size);
	CHECK_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	CHECK_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	finish(pid);
	for (unsigned i = 0; i < WRITES; i++)
		CHECK(writes[i]("program") >= 0);
	remove_program();
}

/* The file is busy, not its name. */
static void every_name_of_a_running_program_is_busy(void)
{
	pid_t pid;

	install_program();
	CHECK_EQ(link("program", "other"), 0);
	pid = start("./other");
	CHECK_ERR(open("program", O_WRONLY), ETXTBSY);
	CHECK_EQ(rename("other", "third"), 0);
	CHECK_ERR(open("third", O_WRONLY), ETXTBSY);
	CHECK_EQ(unlink("third"), 0);
	CHECK_ERR(open("program", O_WRONLY), ETXTBSY);
	finish(pid);
	CHECK(open("program", O_WRONLY) >= 0);
	remove_program();
}

/* Calls that need no write access are allowed, and the program can be replaced by another file. */
static void a_running_program_may_be_read_and_replaced(void)
{
	struct stat st;
	pid_t pid;
	int fd;

	install_program();
	pid = start("./program");
	CHECK(open("program", O_RDONLY) >= 0);
	CHECK(open("program", O_PATH) >= 0);
	CHECK_EQ(chmod("program", 0700), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "program", NULL, 0), 0);
	CHECK_EQ(run("./program"), 42);
	/* Another file takes over the name. */
	fd = open("other", O_WRONLY | O_CREAT | O_EXCL, 0755);
	CHECK(fd >= 0);
	CHECK_EQ(rename("other", "program"), 0);
	CHECK_EQ(write(fd, "#!", 2), 2);
	CHECK_EQ(stat("program", &st), 0);
	CHECK_EQ(st.st_size, 2);
	CHECK_EQ(unlink("program"), 0);
	finish(pid);
	remove_program();
}

static void each_process_of_a_program_counts(void)
{
	pid_t first, second;
	int hold_first;

	install_program();
	first = start("./program");
	hold_first = hold;
	fcntl(hold_first, F_SETFD, FD_CLOEXEC);
	second = start("./program");
	finish(second);
	CHECK_ERR(open("program", O_WRONLY), ETXTBSY);
	hold = hold_first;
	finish(first);
	CHECK(open("program", O_WRONLY) >= 0);
	remove_program();
}

/* A child runs the program of its parent until the child executes another program. */
static void a_child_runs_the_program_of_its_parent(void)
{
	char byte = 0;
	int ready[2], go[2];
	pid_t pid;

	install_program();
	CHECK_EQ(pipe2(ready, O_CLOEXEC) | pipe2(go, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(go[0], STDIN_FILENO);
		dup2(ready[1], STDOUT_FILENO);
		execl("./program", "program", "--child", NULL);
		_exit(127);
	}
	close(ready[1]);
	/* Only the child is left. */
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	CHECK_ERR(open("program", O_WRONLY), ETXTBSY);
	CHECK_EQ(write(go[1], &byte, 1), 1);
	/* End of file: cat has replaced the child's program, and has ended. */
	while (read(ready[0], &byte, 1) == 1)
		;
	CHECK(open("program", O_WRONLY) >= 0);
	remove_program();
}

/* ---- a file that is open for writing ------------------------------------------------- */

static void executing_a_file_that_is_open_for_writing_is_refused(void)
{
	static const int modes[] = { O_WRONLY, O_RDWR, O_RDWR | O_APPEND };
	int fd, copy;

	install_program();
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		fd = open("program", modes[i]);
		CHECK(fd >= 0);
		CHECK_EQ(run("./program"), ETXTBSY);
		copy = dup(fd);
		close(fd);
		CHECK_EQ(run("./program"), ETXTBSY);
		close(copy);
		CHECK_EQ(run("./program"), 42);
	}
	fd = open("program", O_RDONLY);
	copy = open("program", O_PATH);
	CHECK(fd >= 0 && copy >= 0);
	CHECK_EQ(run("./program"), 42);
	remove_program();
}

/* A failed exec or open has no effect that stays. */
static void a_refusal_changes_nothing(void)
{
	int fd;

	install_program();
	CHECK_EQ(chmod("program", 0644), 0);
	fd = open("program", O_WRONLY);
	/* A user that may not execute the file does not learn that it is busy. */
	CHECK_EQ(run("./program"), EACCES);
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(chmod("program", 0755), 0);
	CHECK_EQ(run("./program"), ETXTBSY);
	close(fd);
	/* The truncated file is no longer a program, and is not busy either. */
	CHECK(run("./program") != 42);
	fd = open("program", O_WRONLY);
	CHECK(fd >= 0);
	remove_program();
}

static void a_script_that_is_open_for_writing_is_refused(void)
{
	static const char text[] = "#!./program --end\n";
	int fd;

	install_program();
	fd = open("other", O_WRONLY | O_CREAT, 0755);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(run("./other"), ETXTBSY);
	close(fd);
	CHECK_EQ(run("./other"), 42);
	/* The interpreter is refused in the same way. */
	fd = open("program", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(run("./other"), ETXTBSY);
	close(fd);
	/* The kernel only reads a script, and keeps nothing: after the close the script runs again. */
	CHECK_EQ(run("./other"), 42);
	remove_program();
}

static void a_module_that_is_open_for_writing_is_refused(void)
{
	int in, out;

	install_program();
	out = open("program", O_WRONLY);
	in = open("program", O_RDONLY);
	CHECK(in >= 0 && out >= 0);
	CHECK_ERR(syscall(SYS_finit_module, in, "", 0), ETXTBSY);
	close(out);
	CHECK_ERR(syscall(SYS_finit_module, in, "", 0), ENOEXEC);
	/* After the call nothing marks the file as busy. */
	CHECK(open("program", O_WRONLY) >= 0);
	in = open("program", O_RDWR);
	CHECK_ERR(syscall(SYS_finit_module, in, "", 0), ETXTBSY);
	remove_program();
}

/* ---- exec and write in a race ---------------------------------------------------------- */

#define ROUNDS	200

/* Exec and write race: either the program that runs is complete, or the file that is written does not run. */
static void of_an_exec_and_a_write_one_is_refused(void)
{
	size_t size;
	unsigned ran = 0, wrote = 0;
	pid_t writer;
	int status;

	install_program();
	free(file_bytes("program", &size));
	writer = fork();
	CHECK(writer >= 0);
	if (writer == 0) {
		for (unsigned i = 0; i < ROUNDS; i++) {
			int fd = open("program", O_WRONLY);

			if (fd < 0)
				CHECK_EQ(errno, ETXTBSY);
			/* While the file is open for writing, no process can run it. */
			if (fd >= 0 && i % 8 == 0 && run("./program") != ETXTBSY)
				_exit(1);
			wrote += fd >= 0;
			close(fd);
		}
		_exit(wrote ? 0 : 2);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		status = run("./program");
		if (status != 42)
			CHECK_EQ(status, ETXTBSY);
		ran += status == 42;
	}
	CHECK_EQ(waitpid(writer, &status, 0), writer);
	CHECK_EQ(status, 0);
	CHECK_EQ(run("./program"), 42);
	CHECK(open("program", O_WRONLY) >= 0);
	remove_program();
}

static int as_program(const char *part)
{
	char byte = 1;

	if (!strcmp(part, "--end"))
		return 42;
	if (!strcmp(part, "--child") && fork())
		return 0;
	if (write(STDOUT_FILENO, &byte, 1) != 1)
		return 1;
	while (read(STDIN_FILENO, &byte, 1) < 0)
		;
	if (!strcmp(part, "--child"))
		execl("/bin/true", "true", NULL);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && !strncmp(argv[1], "--", 2))
		return as_program(argv[1]);
	if (argc == 2)
		top = argv[1];
	TAP_TEST(writing_a_running_program_is_refused);
	TAP_TEST(every_name_of_a_running_program_is_busy);
	TAP_TEST(a_running_program_may_be_read_and_replaced);
	TAP_TEST(each_process_of_a_program_counts);
	TAP_TEST(a_child_runs_the_program_of_its_parent);
	TAP_TEST(executing_a_file_that_is_open_for_writing_is_refused);
	TAP_TEST(a_refusal_changes_nothing);
	TAP_TEST(a_script_that_is_open_for_writing_is_refused);
	TAP_TEST(a_module_that_is_open_for_writing_is_refused);
	TAP_TEST(of_an_exec_and_a_write_one_is_refused);
	return tap_done();
}
