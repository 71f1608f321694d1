/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs_restart.c - the root file system's server is killed again and again during a storm of file
 * operations.  No client sees an error, every operation happens exactly once, and at the end all files
 * are complete.  The workers know the contents of each file; tests/host/ramfs_crash.c kills the server
 * at single instructions.
 *
 * configurations: cpus=1,4 firmware=bios
 * timeout: 200
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <tap.h>

#define WORKERS	4
#define KILLS	12		/* init restarts a killed server at once: a kill is no failure of the server */
#define FILES	12
#define CHUNK	700

static void sleep_us(long us)
{
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&ts, NULL);
}

/* The process with this name, or 0. */
static pid_t find_process(const char *name)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;
	struct dirent *e;

	CHECK(proc);
	while ((e = readdir(proc)) != NULL) {
		char path[300], comm[32] = "";
		int fd;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, comm, sizeof(comm) - 1) > 0 && !strcmp(strtok(comm, "\n"), name))
			found = atoi(e->d_name);
		close(fd);
	}
	closedir(proc);
	return found;
}

/* ---- the storm ---------------------------------------------------------------------- */

static char dir[64];
static volatile int *stop;
static unsigned long rng;

static unsigned pick(unsigned n)
{
	rng = rng * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(rng >> 33) % n;
}

/* What the files must contain: @size bytes, each computed from its place and @fill.  0 = no such file. */
static struct { unsigned size, fill; } model[FILES];

static unsigned char byte_at(unsigned fill, unsigned pos)
{
	return fill * 7 + pos * 13 + pos / 251;
}

static const char *name_of(unsigned file)
{
	static char names[2][100];
	static int turn;

	turn = !turn;
	snprintf(names[turn], sizeof(names[turn]), "%s/file-%u", dir, file);
	return names[turn];
}

static void append(unsigned file)
{
	unsigned char data[CHUNK];
	unsigned len = 1 + pick(CHUNK);
	int fd = open(name_of(file), O_WRONLY | O_APPEND | (model[file].fill ? 0 : O_CREAT | O_EXCL), 0600);

	CHECK(fd >= 0);
	if (!model[file].fill) {
		model[file].fill = 1 + pick(200);
		model[file].size = 0;
	}
	for (unsigned i = 0; i < len; i++)
		data[i] = byte_at(model[file].fill, model[file].size + i);
	CHECK_EQ(write(fd, data, len), len);
	model[file].size += len;
	CHECK_EQ(lseek(fd, 0, SEEK_END), model[file].size);
	CHECK_EQ(close(fd), 0);
}

static void verify(unsigned file)
{
	static unsigned char data[1 << 20];
	int fd = open(name_of(file), O_RDONLY);

	if (!model[file].fill) {
		CHECK(fd < 0);
		CHECK_EQ(errno, ENOENT);
		return;
	}
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, data, sizeof(data)), model[file].size);
	for (unsigned i = 0; i < model[file].size; i++)
		if (data[i] != byte_at(model[file].fill, i))
			CHECK_FAIL("%s: byte %u is wrong", name_of(file), i);
	close(fd);
}

static void shorten(unsigned file)
{
	if (!model[file].fill)
		return;
	model[file].size = pick(model[file].size + 1);
	CHECK_EQ(truncate(name_of(file), model[file].size), 0);
}

static void move(unsigned from, unsigned to)
{
	if (!model[from].fill || from == to)
		return;
	CHECK_EQ(rename(name_of(from), name_of(to)), 0);
	model[to] = model[from];
	model[from].fill = 0;
}

static void drop(unsigned file)
{
	CHECK_EQ(unlink(name_of(file)), model[file].fill ? 0 : -1);
	if (!model[file].fill)
		CHECK_EQ(errno, ENOENT);
	model[file].fill = 0;
}

/* If an operation is done twice or not at all, one of these calls fails. */
static void make_and_take(void)
{
	char sub[100], link_name[120];

	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(link_name, sizeof(link_name), "%s/link", sub);
	CHECK_EQ(mkdir(sub, 0700), 0);
	CHECK_EQ(symlink("target", link_name), 0);
	CHECK_ERR(rmdir(sub), ENOTEMPTY);
	CHECK_EQ(unlink(link_name), 0);
	CHECK_EQ(rmdir(sub), 0);
}

/* An open file without a name: only the kernel's report to the next server keeps the file. */
static void use_a_file_without_a_name(void)
{
	char path[100], got[8];
	int fd;

	snprintf(path, sizeof(path), "%s/gone", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(write(fd, "nameless", 8), 8);
	sleep_us(pick(2000));
	CHECK_EQ(pread(fd, got, 8, 0), 8);
	CHECK(!memcmp(got, "nameless", 8));
	CHECK_EQ(close(fd), 0);
}

static void one_operation(void)
{
	unsigned file = pick(FILES);

	switch (pick(9)) {
	case 0:
	case 1:
	case 2:
		append(file);
		break;
	case 3:
		verify(file);
		break;
	case 4:
		shorten(file);
		break;
	case 5:
		move(file, pick(FILES));
		break;
	case 6:
		drop(file);
		break;
	case 7:
		make_and_take();
		break;
	case 8:
		use_a_file_without_a_name();
		break;
	}
}

static int worker(unsigned number)
{
	unsigned long operations = 0;

	snprintf(dir, sizeof(dir), "/tmp/storm-%d-%u", getppid(), number);
	rng = tap_seed() + number;
	CHECK_EQ(mkdir(dir, 0700), 0);
	for (; !*stop; operations++)
		one_operation();
	for (unsigned file = 0; file < FILES; file++) {
		verify(file);
		drop(file);
	}
	CHECK_EQ(rmdir(dir), 0);
	tap_line("# worker %u: %lu operations", number, operations);
	return 0;
}

/* ---- the killing -------------------------------------------------------------------- */

static void kill_ramfs(void)
{
	pid_t old = find_process("ramfs");
	struct stat st;

	CHECK(old > 0);
	CHECK_EQ(kill(old, SIGKILL), 0);
	while (find_process("ramfs") == old || !find_process("ramfs"))
		sleep_us(10000);
	/* The new server has answered the calls of the old one, so no call can fail because two servers died. */
	CHECK_EQ(stat("/etc", &st), 0);
}

static unsigned long free_blocks(void)
{
	struct statfs st;

	CHECK_EQ(statfs("/", &st), 0);
	return st.f_blocks - st.f_bfree;
}

static void a_storm_outlives_its_file_system(void)
{
	pid_t workers[WORKERS];
	int status;

	stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(stop != MAP_FAILED);
	rng = tap_seed();
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0)
			_exit(worker(i));
	}
	for (int i = 0; i < KILLS; i++) {
		sleep_us(20000 + pick(50000));
		kill_ramfs();
	}
	sleep_us(50000);
	*stop = 1;
	for (unsigned i = 0; i < WORKERS; i++) {
		CHECK_EQ(waitpid(workers[i], &status, 0), workers[i]);
		CHECK_EQ(status, 0);
	}
}

/* Files that were open or half written when the server died are freed at last. */
static void nothing_is_left_behind(void)
{
	unsigned long before = free_blocks();
	char *block = malloc(1 << 20);
	int fd = open("/tmp/large", O_RDWR | O_CREAT, 0600);

	CHECK(block && fd >= 0);
	memset(block, 'x', 1 << 20);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(write(fd, block, 1 << 20), 1 << 20);
	CHECK_EQ(unlink("/tmp/large"), 0);
	kill_ramfs();
	CHECK_EQ(pread(fd, block, 1 << 20, 3 << 20), 1 << 20);
	CHECK_EQ(block[12345], 'x');
	CHECK(free_blocks() >= before + 2000);
	CHECK_EQ(close(fd), 0);
	/* The server receives the note of the close before any later request. */
	CHECK(free_blocks() <= before + 64);
}

int main(void)
{
	TAP_TEST(a_storm_outlives_its_file_system);
	TAP_TEST(nothing_is_left_behind);
	return tap_done();
}
