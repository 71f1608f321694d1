/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte_transfers.c - each system call that moves bytes, during storms of kicks and of ordinary signals.
 * On a regular file all bytes move and no call fails, as without a storm. On a pipe a kick is also
 * invisible, and a signal shortens or interrupts a call as on Linux.
 *
 * The argument is the directory to work in: tests/system/test_share.py also runs this suite on a
 * folder of the host.
 *
 * configurations: cpus=1,2,4 firmware=bios
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "storm.h"
#include "tap.h"

#define SIZE		600000
#define SEGMENTS	7
#define HITS		25	/* at least so many kicks or signals come during each call of the table */
#define NAMES		120

static const char *top = "/tmp", *self;
static enum storm storm;
static unsigned char data[SIZE], got[SIZE];
static int from, to;		/* @from holds the SIZE bytes of @data; @to is empty */

static void check_data(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != data[i])
			CHECK_FAIL("byte %zu is wrong", i);
}

/* Checks that "to" contains the data, and that its offset is @offset. */
static void check_written(off_t offset)
{
	struct stat st;

	CHECK_EQ(fstat(to, &st), 0);
	CHECK_EQ(st.st_size, SIZE);
	CHECK_EQ(lseek(to, 0, SEEK_CUR), offset);
	memset(got, 0, SIZE);
	for (off_t at = 0; at < SIZE; at += 50000)
		CHECK_EQ(pread(to, got + at, 50000, at), 50000);
	check_data(got, SIZE);
}

static void segments(struct iovec *iov, unsigned char *bytes)
{
	for (int i = 0; i < SEGMENTS; i++)
		iov[i] = (struct iovec){ bytes + i * (SIZE / SEGMENTS), SIZE / SEGMENTS };
	iov[SEGMENTS - 1].iov_len = SIZE - (SEGMENTS - 1) * (SIZE / SEGMENTS);
}

/* ---- calls on regular files -------------------------------------------------------------- */

static void do_read(void)
{
	CHECK_EQ(read(from, got, SIZE), SIZE);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), SIZE);
	check_data(got, SIZE);
}

static void do_pread(void)
{
	CHECK_EQ(pread(from, got, SIZE, 1000), SIZE - 1000);
	CHECK(!memcmp(got, data + 1000, SIZE - 1000));
	CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
}

static void do_readv(void)
{
	struct iovec iov[SEGMENTS];

	segments(iov, got);
	CHECK_EQ(readv(from, iov, SEGMENTS), SIZE);
	check_data(got, SIZE);
}

static void do_preadv(void)
{
	struct iovec iov[SEGMENTS];

	segments(iov, got);
	CHECK_EQ(preadv(from, iov, SEGMENTS, 0), SIZE);
	check_data(got, SIZE);
}

static void do_write(void)
{
	CHECK_EQ(write(to, data, SIZE), SIZE);
	check_written(SIZE);
}

static void do_append(void)
{
	CHECK_EQ(fcntl(to, F_SETFL, O_APPEND), 0);
	CHECK_EQ(write(to, data, SIZE), SIZE);
	check_written(SIZE);
}

static void do_pwrite(void)
{
	CHECK_EQ(pwrite(to, data + 1000, SIZE - 1000, 1000), SIZE - 1000);
	CHECK_EQ(pwrite(to, data, 1000, 0), 1000);
	check_written(0);
}

static void do_writev(void)
{
	struct iovec iov[SEGMENTS];

	segments(iov, data);
	CHECK_EQ(writev(to, iov, SEGMENTS), SIZE);
	check_written(SIZE);
}

static void do_pwritev(void)
{
	struct iovec iov[SEGMENTS];

	segments(iov, data);
	CHECK_EQ(pwritev(to, iov, SEGMENTS, 0), SIZE);
	check_written(0);
}

static void do_sendfile(void)
{
	CHECK_EQ(sendfile(to, from, NULL, 2 * SIZE), SIZE);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), SIZE);
	check_written(SIZE);
}

static void do_sendfile_at(void)
{
	off_t at = 0;

	CHECK_EQ(sendfile(to, from, &at, SIZE), SIZE);
	CHECK_EQ(at, SIZE);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), 0);
	check_written(SIZE);
}

static void do_copy_file_range(void)
{
	CHECK_EQ(copy_file_range(from, NULL, to, NULL, SIZE, 0), SIZE);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), SIZE);
	check_written(SIZE);
}

/* Through a pipe: each call moves as many bytes as the pipe takes. */
static void do_splice(void)
{
	ssize_t n, m, moved = 0;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	for (; (n = splice(from, NULL, p[1], NULL, SIZE, 0)) > 0; moved += n)
		for (ssize_t out = 0; out < n; out += m) {
			m = splice(p[0], NULL, to, NULL, n - out, 0);
			CHECK(m > 0);
		}
	CHECK_EQ(n, 0);
	CHECK_EQ(moved, SIZE);
	CHECK_EQ(lseek(from, 0, SEEK_CUR), SIZE);
	CHECK_EQ(close(p[0]), 0);
	CHECK_EQ(close(p[1]), 0);
	check_written(SIZE);
}

static void do_truncate(void)
{
	CHECK_EQ(write(to, data, SIZE), SIZE);
	CHECK_EQ(ftruncate(to, SIZE / 2), 0);
	CHECK_EQ(ftruncate(to, SIZE), 0);
	CHECK_EQ(lseek(to, 0, SEEK_END), SIZE);
	CHECK_EQ(pread(to, got, SIZE, 0), SIZE);
	check_data(got, SIZE / 2);
	for (int i = SIZE / 2; i < SIZE; i++)
		CHECK_EQ(got[i], 0);
}

static void do_map(void)
{
	unsigned char *map = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, from, 0);

	CHECK(map != MAP_FAILED);
	check_data(map, SIZE);
	CHECK_EQ(munmap(map, SIZE), 0);
}

/* One buffer holds as many entries as without a storm, and each entry comes once. */
static void do_getdents(void)
{
	static char buf[16384];
	bool seen[NAMES] = { 0 };
	int dir = open("names", O_RDONLY | O_DIRECTORY), names = 0, calls = 0;
	long n;

	CHECK(dir >= 0);
	while ((n = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		calls++;
		for (long at = 0; at < n; at += ((struct dirent *)(buf + at))->d_reclen) {
			const char *name = ((struct dirent *)(buf + at))->d_name;
			int which;

			if (name[0] == '.')
				continue;
			which = atoi(strrchr(name, '-') + 1);
			CHECK(which >= 0 && which < NAMES && !seen[which]);
			seen[which] = true;
			names++;
		}
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(names, NAMES);
	CHECK_EQ(calls, 1);
	CHECK_EQ(close(dir), 0);
}

/* The program is a new file in each round, so exec reads the image again. */
static void do_exec(void)
{
	int in = open(self, O_RDONLY), program = open("program", O_WRONLY | O_CREAT | O_EXCL, 0755);
	struct stat st;
	int status;
	pid_t child;

	CHECK(in >= 0 && program >= 0);
	CHECK_EQ(fstat(in, &st), 0);
	CHECK_EQ(sendfile(program, in, NULL, st.st_size), st.st_size);
	CHECK_EQ(close(in), 0);
	CHECK_EQ(close(program), 0);
	child = fork();
	if (!child) {
		execl("program", "program", "--end", NULL);
		_exit(errno);
	}
	while (waitpid(child, &status, 0) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(status, 42 << 8);
	CHECK_EQ(unlink("program"), 0);
}

static void do_metadata(void)
{
	struct stat st;
	char link[8];

	CHECK_EQ(mkdir("dir", 0700), 0);
	CHECK_EQ(rename("dir", "dir2"), 0);
	CHECK_EQ(symlink("dir2", "link"), 0);
	CHECK_EQ(readlink("link", link, sizeof(link)), 4);
	CHECK_EQ(chmod("link", 0755), 0);
	CHECK_EQ(stat("link", &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);
	CHECK_EQ(unlink("link"), 0);
	CHECK_EQ(rmdir("dir2"), 0);
	CHECK_EQ(fsync(to), 0);
}

/* ---- calls on the kernel's own files ------------------------------------------------------ */

static void do_proc(void)
{
	static char first[65536], again[65536];
	int fd = open("/proc/kallsyms", O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, first, sizeof(first)), sizeof(first));
	CHECK_EQ(pread(fd, again, sizeof(again), 0), sizeof(again));
	CHECK(!memcmp(first, again, sizeof(first)));
	CHECK_EQ(close(fd), 0);
}

static const struct row {
	const char *name;
	void (*run)(void);
} rows[] = {
	{ "read", do_read }, { "pread", do_pread }, { "readv", do_readv }, { "preadv", do_preadv },
	{ "write", do_write }, { "write, appending", do_append }, { "pwrite", do_pwrite },
	{ "writev", do_writev }, { "pwritev", do_pwritev }, { "sendfile", do_sendfile },
	{ "sendfile at an offset", do_sendfile_at }, { "copy_file_range", do_copy_file_range },
	{ "splice through a pipe", do_splice },
	{ "ftruncate", do_truncate }, { "mmap", do_map }, { "getdents64", do_getdents },
	{ "execve", do_exec }, { "names and attributes", do_metadata }, { "/proc", do_proc },
};

/* ---- calls that signals may shorten, but kicks not ---------------------------------------- */

/*
 * Without signals all @n bytes moved. With signals at least one byte moved, or the call failed with
 * EINTR if the handler has no SA_RESTART.
 */
static ssize_t check_part(ssize_t done, size_t n)
{
	if (storm == STORM_KICKS || storm == STORM_NONE)
		CHECK_EQ(done, n);
	if (done < 0 && storm == STORM_SIGNALS) {
		CHECK_EQ(errno, EINTR);
		return 0;
	}
	CHECK(done > 0 && (size_t)done <= n);
	return done;
}

static void do_random(void)
{
	memset(got, 0, SIZE);
	check_part(syscall(SYS_getrandom, got, SIZE, 0), SIZE);
	check_part(syscall(SYS_getrandom, got, 256, 0), 256);
}

static void do_zero(void)
{
	int fd = open("/dev/zero", O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	memset(got, 1, SIZE);
	n = check_part(read(fd, got, SIZE), SIZE);
	for (ssize_t i = 0; i < n; i++)
		CHECK_EQ(got[i], 0);
	CHECK_EQ(close(fd), 0);
}

static void do_dev_random(void)
{
	int fd = open("/dev/urandom", O_RDWR);

	CHECK(fd >= 0);
	check_part(read(fd, got, SIZE), SIZE);
	check_part(write(fd, got, SIZE), SIZE);
	CHECK_EQ(close(fd), 0);
}

/* A child that reads all bytes in small pieces, so that the writer has to wait. */
static pid_t start_reader_of(int fd, int writer)
{
	pid_t child = fork();
	size_t done = 0;

	CHECK(child >= 0);
	if (child)
		return child;
	close(writer);
	while (done < SIZE) {
		ssize_t n = read(fd, got + done, 3000);

		if (n < 0 && errno == EINTR && storm == STORM_SIGNALS)
			continue;
		CHECK(n > 0);
		done += n;
		sched_yield();
	}
	check_data(got, SIZE);
	CHECK_EQ(read(fd, got, 1), 0);
	_exit(0);
}

typedef ssize_t (*give_fn)(int fd, size_t at);

static ssize_t give_write(int fd, size_t at)
{
	return write(fd, data + at, SIZE - at);
}

static ssize_t give_writev(int fd, size_t at)
{
	struct iovec iov[2] = { { data + at, (SIZE - at) / 2 } };

	iov[1] = (struct iovec){ data + at + iov[0].iov_len, SIZE - at - iov[0].iov_len };
	return writev(fd, iov, 2);
}

/* Short calls, which go through a buffer of the kernel. */
static ssize_t give_short_writev(int fd, size_t at)
{
	size_t begin = at;

	while (at < SIZE) {
		size_t n = SIZE - at < 60000 ? SIZE - at : 60000;
		struct iovec iov[2] = { { data + at, n / 2 }, { data + at + n / 2, n - n / 2 } };

		at += check_part(writev(fd, iov, 2), n);
	}
	return at - begin;
}

static ssize_t give_sendfile(int fd, size_t at)
{
	off_t offset = at;
	ssize_t n = sendfile(fd, from, &offset, SIZE - at);

	CHECK_EQ(offset, at + (n > 0 ? n : 0));
	return n;
}

static void give_all(give_fn give)
{
	int p[2], status;
	size_t done = 0;
	pid_t reader;

	CHECK_EQ(pipe(p), 0);
	reader = start_reader_of(p[0], p[1]);
	close(p[0]);
	while (done < SIZE)
		done += check_part(give(p[1], done), SIZE - done);
	close(p[1]);
	while (waitpid(reader, &status, 0) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(status, 0);
}

static void do_pipe_write(void)
{
	give_all(give_write);
}

static void do_pipe_writev(void)
{
	give_all(give_writev);
}

static void do_short_pipe_writev(void)
{
	give_all(give_short_writev);
}

static void do_pipe_sendfile(void)
{
	give_all(give_sendfile);
}

static const struct row partial_rows[] = {
	{ "getrandom", do_random }, { "/dev/zero", do_zero }, { "/dev/urandom", do_dev_random },
	{ "write to a pipe", do_pipe_write }, { "writev to a pipe", do_pipe_writev },
	{ "short writev to a pipe", do_short_pipe_writev },
	{ "sendfile to a pipe", do_pipe_sendfile },
};

/* ---- running the calls --------------------------------------------------------------------- */

static void prepare(void)
{
	char name[100];
	int fd;

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	snprintf(name, sizeof(name), "%s/transfers.XXXXXX", top);
	CHECK(mkdtemp(name));
	CHECK_EQ(chdir(name), 0);
	CHECK_EQ(mkdir("names", 0755), 0);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "names/a-long-name-that-fills-the-buf-%d", i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		CHECK(fd >= 0);
		CHECK_EQ(close(fd), 0);
	}
	from = open("from", O_RDWR | O_CREAT, 0600);
	CHECK(from >= 0);
	CHECK_EQ(write(from, data, SIZE), SIZE);
}

static void clean_up(void)
{
	char here[200];

	CHECK(getcwd(here, sizeof(here)));
	CHECK_EQ(unlink("from"), 0);
	CHECK_EQ(unlink("to"), 0);
	for (int i = 0; i < NAMES; i++) {
		char name[100];

		snprintf(name, sizeof(name), "names/a-long-name-that-fills-the-buf-%d", i);
		CHECK_EQ(unlink(name), 0);
	}
	CHECK_EQ(rmdir("names"), 0);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(rmdir(here), 0);
}

static void run_row(const struct row *row)
{
	unsigned long start = storm_passed(storm);

	tap_line("# %s: %s", storm_names[storm], row->name);
	do {
		CHECK_EQ(lseek(from, 0, SEEK_SET), 0);
		to = open("to", O_RDWR | O_CREAT | O_TRUNC, 0600);
		CHECK(to >= 0);
		row->run();
		CHECK_EQ(close(to), 0);
	} while (storm != STORM_NONE && storm_passed(storm) - start < HITS);
}

static void run_rows(enum storm kind, const struct row *table, size_t n)
{
	prepare();
	storm = kind;
	if (kind != STORM_NONE)
		storm_start(kind);
	for (size_t i = 0; i < n; i++)
		run_row(&table[i]);
	if (kind != STORM_NONE)
		storm_end(kind);
	clean_up();
}

#define ROWS(table)	table, sizeof(table) / sizeof(table[0])

static void without_a_storm_every_call_moves_all(void)
{
	run_rows(STORM_NONE, ROWS(rows));
	run_rows(STORM_NONE, ROWS(partial_rows));
}

static void kicks_are_not_seen_by_calls_on_files(void)
{
	run_rows(STORM_KICKS, ROWS(rows));
}

static void kicks_are_not_seen_by_calls_on_pipes_and_devices(void)
{
	run_rows(STORM_KICKS, ROWS(partial_rows));
}

static void signals_shorten_no_call_on_files(void)
{
	run_rows(STORM_SIGNALS, ROWS(rows));
}

static void restarting_signals_shorten_no_call_on_files(void)
{
	run_rows(STORM_RESTARTED, ROWS(rows));
}

static void signals_shorten_calls_on_pipes_as_on_linux(void)
{
	run_rows(STORM_SIGNALS, ROWS(partial_rows));
	run_rows(STORM_RESTARTED, ROWS(partial_rows));
}

int main(int argc, char **argv)
{
	static char path[256];

	if (argc == 2 && !strcmp(argv[1], "--end"))
		return 42;
	if (argc == 2)
		top = argv[1];
	CHECK(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	self = path;
	TAP_TEST(without_a_storm_every_call_moves_all);
	TAP_TEST(kicks_are_not_seen_by_calls_on_files);
	TAP_TEST(kicks_are_not_seen_by_calls_on_pipes_and_devices);
	TAP_TEST(signals_shorten_no_call_on_files);
	TAP_TEST(restarting_signals_shorten_no_call_on_files);
	TAP_TEST(signals_shorten_calls_on_pipes_as_on_linux);
	return tap_done();
}
