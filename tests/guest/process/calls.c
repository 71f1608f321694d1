/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calls.c - system calls that programs use seldom, and that no other suite makes: each call once in its
 * usual way, and with arguments that it must refuse.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <ucontext.h>
#include <utime.h>
#include <neurath.h>
#include "files.h"

static char dir[] = "/tmp/calls.XXXXXX";
static int at;

static const char *in_dir(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int new_file(const char *name, const char *text)
{
	int fd = openat(at, name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void fallocate_makes_a_file_longer_and_never_shorter(void)
{
	int fd = new_file("f", "abc"), rd, pipes[2], null;
	struct stat st;
	char c = 'x';

	CHECK_EQ(fallocate(fd, 0, 0, 10000), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 10000);
	CHECK_EQ(pread(fd, &c, 1, 9999), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(fallocate(fd, 0, 0, 5), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 10000);
	CHECK_ERR(fallocate(fd, 0, -1, 5), EINVAL);
	CHECK_ERR(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5), EOPNOTSUPP);
	CHECK_ERR(fallocate(-1, 0, 0, 5), EBADF);
	rd = openat(at, "f", O_RDONLY);
	CHECK_ERR(fallocate(rd, 0, 0, 5), EBADF);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(fallocate(pipes[1], 0, 0, 5), ESPIPE);
	null = open("/dev/null", O_WRONLY);
	CHECK_ERR(fallocate(null, 0, 0, 5), ENODEV);
	for (int i = 0; i < 5; i++)
		close((int[]){ fd, rd, pipes[0], pipes[1], null }[i]);
}

static void copy_file_range_copies_and_moves_both_offsets(void)
{
	int in = new_file("in", "0123456789"), out = new_file("out", "......");
	off_t from = 2, to = 1;
	char text[16] = "";

	CHECK_EQ(copy_file_range(in, &from, out, &to, 3, 0), 3);
	CHECK_EQ(from, 5);
	CHECK_EQ(to, 4);
	CHECK_EQ(pread(out, text, 15, 0), 6);
	CHECK_STR(text, ".234..");
	CHECK_EQ(lseek(in, 8, SEEK_SET), 8);
	CHECK_EQ(copy_file_range(in, NULL, out, NULL, 100, 0), 2);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(out, 0, SEEK_CUR), 8);
	CHECK_EQ(copy_file_range(in, NULL, out, NULL, 100, 0), 0);
	CHECK_ERR(copy_file_range(in, NULL, out, NULL, 1, 1), EINVAL);
	from = 0;
	to = 5;
	CHECK_EQ(copy_file_range(in, &from, in, &to, 5, 0), 5);
	from = 0;
	to = 4;
	CHECK_ERR(copy_file_range(in, &from, in, &to, 5, 0), EINVAL);
	close(in);
	close(out);
}

static void names_are_relative_to_a_directory(void)
{
	char text[16] = "";
	struct stat st;

	close(new_file("a", "a"));
	CHECK_EQ(linkat(at, "a", at, "b", 0), 0);
	CHECK_EQ(fstatat(at, "b", &st, 0), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_ERR(linkat(at, "a", at, "b", 0), EEXIST);
	CHECK_EQ(symlinkat("a", at, "s"), 0);
	CHECK_EQ(readlinkat(at, "s", text, sizeof(text)), 1);
	CHECK_STR(text, "a");
	CHECK_ERR(readlinkat(at, "a", text, sizeof(text)), EINVAL);
	CHECK_EQ(fchmodat(at, "a", 0600, 0), 0);
	CHECK_EQ(fchownat(at, "s", 5, 6, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_EQ(fstatat(at, "s", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(st.st_uid == 5 && st.st_gid == 6);
	CHECK_EQ(lchown(in_dir("s"), 7, 8), 0);
	CHECK_EQ(lstat(in_dir("s"), &st), 0);
	CHECK(st.st_uid == 7 && st.st_gid == 8);
	CHECK_EQ(stat(in_dir("s"), &st), 0);
	CHECK(st.st_uid == 0 && st.st_mode == (S_IFREG | 0600));
	CHECK_EQ(mknodat(at, "fifo", S_IFIFO | 0600, 0), 0);
	CHECK_EQ(fstatat(at, "fifo", &st, 0), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_EQ(syscall(SYS_faccessat2, at, "a", R_OK, AT_EACCESS), 0);
	CHECK_ERR(syscall(SYS_faccessat2, at, "a", R_OK, 1 << 20), EINVAL);
}

static void old_calls_set_the_times_of_files(void)
{
	struct utimbuf seconds = { 1000, 2000 };
	struct timeval micros[2] = { { 3000, 0 }, { 4000, 500000 } };
	struct stat st;

	close(new_file("t", ""));
	CHECK_EQ(syscall(SYS_utime, in_dir("t"), &seconds), 0);
	CHECK_EQ(stat(in_dir("t"), &st), 0);
	CHECK_EQ(st.st_mtime, 2000);
	CHECK_EQ(syscall(SYS_futimesat, at, "t", micros), 0);
	CHECK_EQ(stat(in_dir("t"), &st), 0);
	CHECK_EQ(st.st_mtime, 4000);
	CHECK_EQ(st.st_mtim.tv_nsec, 500000000);
}

static void files_are_synced_and_written_in_pieces(void)
{
	struct iovec parts[2] = { { "ab", 2 }, { "cd", 2 } };
	int fd = syscall(SYS_creat, in_dir("c"), 0644), pipes[2];
	char text[8] = "";

	CHECK(fd >= 0);
	CHECK_EQ(pwritev(fd, parts, 2, 1), 4);
	CHECK_EQ(fdatasync(fd), 0);
	close(fd);
	fd = open(in_dir("c"), O_RDONLY);
	CHECK_EQ(read(fd, text, 8), 5);
	close(fd);
	CHECK(!memcmp(text, "\0abcd", 5));
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(fdatasync(pipes[0]), EINVAL);
	close(pipes[0]);
	close(pipes[1]);
	CHECK_ERR(fdatasync(-1), EBADF);
}

static void msync_wants_mapped_pages(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	CHECK_EQ(msync(page, 8192, MS_SYNC), 0);
	CHECK_ERR(msync(page + 1, 10, MS_SYNC), EINVAL);
	CHECK_EQ(munmap(page + 4096, 4096), 0);
	CHECK_ERR(msync(page, 8192, MS_SYNC), ENOMEM);
}

static void no_family_of_sockets_is_supported(void)
{
	int fds[2];

	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), EAFNOSUPPORT);
	CHECK_ERR(connect(0, NULL, 0), ENOSYS);
}

static void personality_domainname_and_sysinfo_answer(void)
{
	struct utsname names;
	struct sysinfo info;

	CHECK_EQ(personality(0xffffffff), 0);
	CHECK_ERR(personality(PER_SVR4), EINVAL);
	CHECK_EQ(uname(&names), 0);
	CHECK_EQ(setdomainname("lab", 3), 0);
	CHECK_STR(file_text("/proc/sys/kernel/domainname"), "lab\n");
	CHECK_EQ(setdomainname(names.domainname, strlen(names.domainname)), 0);
	CHECK_EQ(sysinfo(&info), 0);
	CHECK(info.totalram > info.freeram && info.freeram > 0 && info.procs > 1 && info.mem_unit);
}

static void only_one_scheduling_class(void)
{
	struct timespec interval = { 0 };
	int priority = 0;

	CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
	CHECK_EQ(sched_get_priority_min(SCHED_OTHER), 0);
	CHECK_EQ(syscall(SYS_sched_rr_get_interval, 0, &interval), 0);
	CHECK(interval.tv_sec == 0 && interval.tv_nsec > 0);
	CHECK_ERR(syscall(SYS_sched_rr_get_interval, -1, &interval), EINVAL);
	CHECK_EQ(syscall(SYS_sched_setparam, 0, &priority), 0);
	priority = 1;
	CHECK_ERR(syscall(SYS_sched_setparam, 0, &priority), EINVAL);
}

static void setfsuid_follows_the_effective_ids(void)
{
	int status;
	pid_t child = fork();

	if (!child) {
		if (setfsgid(1000) != 0 || setfsgid(-1) != 1000 || setfsuid(1000) != 0)
			_exit(1);
		if (setfsuid(-1) != 1000 || open("/etc/shadow.new", O_CREAT | O_WRONLY, 0600) >= 0)
			_exit(2);
		if (setregid(1000, 1000) || setreuid(1000, 1000) || setfsuid(-1) != 1000)
			_exit(3);
		_exit(setreuid(0, 0) == -1 && errno == EPERM ? 0 : 4);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void unknown_calls_are_enosys(void)
{
	CHECK_ERR(syscall(334 /* rseq */, 0, 0, 0, 0), ENOSYS);
	CHECK_ERR(syscall(999), ENOSYS);
	CHECK_ERR(syscall(100000), ENOSYS);
	CHECK_ERR(syscall(-5), ENOSYS);
}

/* The port of diagnostic codes: a write to this port has no effect. */
#define QUIET_PORT	0x80

static void use_port(void)
{
	__asm__ volatile("outb %%al, %0" : : "N"(QUIET_PORT), "a"(0));
}

static void forget_fpu(int sig, siginfo_t *info, void *context)
{
	((ucontext_t *)context)->uc_mcontext.fpregs = NULL;
}

static void granted_ports_outlive_signals_but_not_the_program(void)
{
	struct sigaction action = { .sa_sigaction = forget_fpu, .sa_flags = SA_SIGINFO };
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (ioport_grant(QUIET_PORT, 1))
			_exit(1);
		use_port();
		sigaction(SIGUSR1, &action, NULL);
		raise(SIGUSR1);
		use_port();
		execl("/proc/self/exe", "calls", "--use-port", (char *)NULL);
		_exit(2);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 3 << 8);
}

static void refused(int sig)
{
	_exit(3);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		signal(SIGSEGV, refused);
		use_port();
		return 0;
	}
	CHECK(mkdtemp(dir));
	at = open(dir, O_RDONLY | O_DIRECTORY);
	TAP_TEST(fallocate_makes_a_file_longer_and_never_shorter);
	TAP_TEST(copy_file_range_copies_and_moves_both_offsets);
	TAP_TEST(names_are_relative_to_a_directory);
	TAP_TEST(old_calls_set_the_times_of_files);
	TAP_TEST(files_are_synced_and_written_in_pieces);
	TAP_TEST(msync_wants_mapped_pages);
	TAP_TEST(no_family_of_sockets_is_supported);
	TAP_TEST(personality_domainname_and_sysinfo_answer);
	TAP_TEST(only_one_scheduling_class);
	TAP_TEST(setfsuid_follows_the_effective_ids);
	(void)!system("rm -rf /tmp/calls.*");
	TAP_TEST(unknown_calls_are_enosys);
	TAP_TEST(granted_ports_outlive_signals_but_not_the_program);
	return tap_done();
}
