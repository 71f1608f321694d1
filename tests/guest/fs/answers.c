/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answers.c - results of system calls in cases that programs reach by accident: negative counts,
 * descriptors of the wrong kind, attributes that a file system does not have. The suite must also
 * pass on Linux; a run on Linux tests the suite itself.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include "scratch.h"
#include "tap.h"

static char buf[70000];

/* ---- moving bytes -------------------------------------------------------------------------- */

static void a_negative_length_is_refused_before_anything_moves(void)
{
	struct iovec v[3] = { { buf, 4 }, { buf, (size_t)-1 }, { buf, 4 } };
	struct iovec minus = { NULL, (size_t)1 << 63 };
	int fd, pipes[2];

	enter_empty_directory();
	fd = make_file("f", "0123456789");
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(writev(fd, v, 3), EINVAL);
	CHECK_ERR(writev(pipes[1], v, 3), EINVAL);
	CHECK_ERR(readv(fd, &minus, 1), EINVAL);
	CHECK_ERR(preadv(fd, v, 3, 0), EINVAL);
	CHECK_ERR(pwritev(fd, v, 3, 0), EINVAL);
	CHECK_ERR(syscall(SYS_readv, fd, v, -1L), EINVAL);
	CHECK_ERR(syscall(SYS_readv, fd, v, IOV_MAX + 1L), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(readv(fd, v, 0), 0);
	CHECK_ERR(pread(fd, buf, 4, -1), EINVAL);
	/* A call that asks for more bytes than one call can move does not fail: it moves fewer bytes. */
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	v[1].iov_len = INT_MAX;
	v[2].iov_len = 1;
	CHECK_EQ(readv(fd, v, 3), 10);
}

static void copies_need_a_source_to_read_and_a_target_to_write(void)
{
	int rw, ro, wo, append, pipes[2];
	loff_t pos = 0;

	enter_empty_directory();
	rw = make_file("rw", "0123456789");
	ro = open("rw", O_RDONLY);
	close(make_file("other", ""));
	wo = open("other", O_WRONLY);
	append = open("other", O_WRONLY | O_APPEND);
	CHECK_EQ(pipe(pipes) | lseek(rw, 0, SEEK_SET), 0);
	for (size_t n = 0; n < 9; n += 8) {
		CHECK_ERR(sendfile(ro, rw, NULL, n), EBADF);
		CHECK_ERR(sendfile(wo, wo, NULL, n), EBADF);
		CHECK_ERR(sendfile(pipes[0], rw, NULL, n), EBADF);
		CHECK_ERR(syscall(SYS_copy_file_range, rw, &pos, ro, NULL, n, 0), EBADF);
		CHECK_ERR(syscall(SYS_copy_file_range, wo, NULL, rw, &pos, n, 0), EBADF);
		CHECK_ERR(syscall(SYS_copy_file_range, rw, &pos, append, NULL, n, 0), EBADF);
	}
	CHECK_ERR(sendfile(append, rw, NULL, 8), EINVAL);
	CHECK_ERR(sendfile(wo, rw, NULL, -1), EINVAL);
	pos = -1;
	CHECK_ERR(sendfile(wo, rw, &pos, 8), EINVAL);
	CHECK_EQ(lseek(rw, 0, SEEK_CUR) | lseek(wo, 0, SEEK_CUR), 0);
	CHECK_EQ(sendfile(wo, rw, NULL, 8), 8);
	expect_contents("other", "01234567");
}

static void a_hole_takes_no_blocks(void)
{
	static char page[4096] = { 1 };
	struct stat st;
	int fd;

	enter_empty_directory();
	fd = make_file("sparse", "");
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 0);
	CHECK_EQ(ftruncate(fd, 1 << 20), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 1 << 20);
	CHECK_EQ(st.st_blocks, 0);
	CHECK_EQ(pwrite(fd, page, 4096, 1 << 19), 4096);
	CHECK_EQ(fsync(fd) | fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(stat("sparse", &st), 0);
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(pwrite(fd, page, 4096, 0), 4096);
	CHECK_EQ(fsync(fd) | fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 16);
	CHECK_EQ(ftruncate(fd, 1 << 19), 0);
	CHECK_EQ(fsync(fd) | fstat(fd, &st), 0);
	CHECK_EQ(st.st_blocks, 8);
}

/* ---- attributes ---------------------------------------------------------------------------- */

static void files_without_extended_attributes_refuse_them(void)
{
	int fd = open("/proc/version", O_RDONLY), path = open("/proc/version", O_PATH);

	CHECK_ERR(getxattr("/proc/version", "user.a", buf, 10), EOPNOTSUPP);
	CHECK_ERR(getxattr("/proc/version", "system.posix_acl_access", buf, 10), EOPNOTSUPP);
	CHECK_ERR(lgetxattr("/proc/version", "security.capability", buf, 10), EOPNOTSUPP);
	CHECK_ERR(fgetxattr(fd, "user.a", buf, 10), EOPNOTSUPP);
	CHECK_ERR(setxattr("/proc/version", "user.a", "b", 1, 0), EOPNOTSUPP);
	CHECK_ERR(lsetxattr("/proc", "user.a", "b", 1, 0), EOPNOTSUPP);
	CHECK_ERR(fsetxattr(fd, "user.a", "b", 1, XATTR_CREATE), EOPNOTSUPP);
	CHECK_ERR(removexattr("/proc/version", "user.a"), EOPNOTSUPP);
	CHECK_ERR(lremovexattr("/proc/version", "user.a"), EOPNOTSUPP);
	CHECK_ERR(fremovexattr(fd, "user.a"), EOPNOTSUPP);
	CHECK_EQ(listxattr("/proc/version", buf, sizeof(buf)), 0);
	CHECK_EQ(llistxattr("/proc/self", NULL, 0), 0);
	CHECK_EQ(flistxattr(fd, buf, sizeof(buf)), 0);
	/* An error of the call itself comes before EOPNOTSUPP. */
	CHECK_ERR(getxattr("/proc/none", "user.a", buf, 10), ENOENT);
	CHECK_ERR(listxattr("/proc/version/", buf, 10), ENOTDIR);
	CHECK_ERR(setxattr("/proc/none", "user.a", "b", 1, 0), ENOENT);
	CHECK_ERR(removexattr("/proc/none", "user.a"), ENOENT);
	CHECK_ERR(fgetxattr(-1, "user.a", buf, 10), EBADF);
	CHECK_ERR(flistxattr(path, buf, 10), EBADF);
	CHECK_ERR(fsetxattr(path, "user.a", "b", 1, 0), EBADF);
	CHECK_ERR(setxattr("/proc/version", "", "b", 1, 0), ERANGE);
	CHECK_ERR(getxattr("/proc/version", "", buf, 1), ERANGE);
	memset(buf, 'n', 256);
	buf[256] = '\0';
	CHECK_ERR(getxattr("/proc/version", buf, NULL, 0), ERANGE);
	CHECK_ERR(setxattr("/proc/version", "user.a", "b", 1, 4), EINVAL);
	CHECK_ERR(setxattr("/proc/version", "user.a", buf, 65537, 0), E2BIG);
	CHECK_ERR(setxattr("/proc/version", (char *)1, "b", 1, 0), EFAULT);
	/* Links and devices cannot have attributes of the class "user". */
	CHECK_ERR(lsetxattr("/proc/self", "user.a", "b", 1, 0), EPERM);
	CHECK_ERR(lgetxattr("/proc/self", "user.a", buf, 10), ENODATA);
	CHECK_ERR(setxattr("/dev/null", "user.a", "b", 1, 0), EPERM);
	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(setxattr("/proc/version", "trusted.a", "b", 1, 0), EPERM);
	CHECK_ERR(getxattr("/proc/version", "trusted.a", buf, 10), ENODATA);
	CHECK_ERR(setxattr("/proc/version", "user.a", "b", 1, 0), EACCES);
}

/*
 * The answer of the system call. The test makes the system call itself, because a C library may have
 * no statx(), or may make it from stat().
 */
struct statx_answer {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size;
	char rest[208];
};

static int call_statx(int fd, const char *path, int flags, unsigned mask, struct statx_answer *x)
{
	return syscall(SYS_statx, fd, path, flags, mask, x);
}

static void statx_looks_at_its_flags_and_its_mask(void)
{
	struct statx_answer x;
	int fd;

	enter_empty_directory();
	fd = make_file("f", "abc");
	CHECK_EQ(call_statx(AT_FDCWD, "f", 0, 0x7ff, &x), 0);
	CHECK_EQ(x.mask & 0x7ff, 0x7ff);
	CHECK_EQ(x.size, 3);
	CHECK_EQ(call_statx(AT_FDCWD, "f", 0, 0, &x), 0);
	CHECK_EQ(x.mask & 0x200 ? x.size : 3, 3);
	CHECK_ERR(call_statx(AT_FDCWD, "f", 0, 0x80000000u, &x), EINVAL);
	CHECK_ERR(call_statx(AT_FDCWD, "f", 0x8000, 0x200, &x), EINVAL);
	CHECK_ERR(call_statx(AT_FDCWD, "f", 0x6000, 0x200, &x), EINVAL);
	CHECK_EQ(call_statx(AT_FDCWD, "f", 0x4000, 0x200, &x), 0);
	CHECK_EQ(call_statx(fd, "", AT_EMPTY_PATH, 0x200, &x), 0);
	CHECK_EQ(call_statx(AT_FDCWD, "", AT_EMPTY_PATH, 1, &x), 0);
	CHECK(S_ISDIR(x.mode));
	CHECK_ERR(call_statx(fd, "", 0, 0x200, &x), ENOENT);
	CHECK_ERR(call_statx(AT_FDCWD, "f", 0, 0x200, (void *)1), EFAULT);
	CHECK_ERR(fstatat(AT_FDCWD, "f", (struct stat *)buf, 0x8000), EINVAL);
	CHECK_ERR(fchownat(AT_FDCWD, "f", -1, -1, 0x8000), EINVAL);
	CHECK_ERR(utimensat(AT_FDCWD, "f", NULL, 0x8000), EINVAL);
	CHECK_ERR(linkat(AT_FDCWD, "f", AT_FDCWD, "g", 0x8000), EINVAL);
	CHECK_ERR(unlinkat(AT_FDCWD, "f", 0x8000), EINVAL);
}

/* AT_EMPTY_PATH with an empty path means the descriptor, also one of O_PATH, or else the working directory. */
static void an_empty_path_means_the_descriptor_itself(void)
{
	static const struct timespec then[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat st;
	int fd;

	enter_empty_directory();
	close(make_file("f", "abc"));
	CHECK_EQ(chmod("f", 0400), 0);
	fd = open("f", O_PATH);
	CHECK_EQ(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH), 0);
	CHECK_ERR(syscall(SYS_faccessat2, fd, "", X_OK, AT_EMPTY_PATH), EACCES);
	CHECK_EQ(syscall(SYS_faccessat2, AT_FDCWD, "", X_OK, AT_EMPTY_PATH), 0);
	CHECK_EQ(utimensat(fd, "", then, AT_EMPTY_PATH), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(utimensat(AT_FDCWD, "", then, AT_EMPTY_PATH), 0);
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(fchownat(fd, "", 5, -1, AT_EMPTY_PATH), 0);
	CHECK_EQ(fchownat(AT_FDCWD, "", 6, -1, AT_EMPTY_PATH), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(stat(".", &st), 0);
	CHECK_EQ(st.st_uid, 6);
	/* Without the flag an empty path is an error. A path that is not empty is looked up as usual. */
	CHECK_ERR(utimensat(fd, "", then, 0), ENOENT);
	CHECK_ERR(fchownat(fd, "", 5, -1, 0), ENOENT);
	CHECK_ERR(syscall(SYS_faccessat2, fd, "", R_OK, 0), ENOENT);
	CHECK_ERR(fchownat(fd, "f", 5, -1, AT_EMPTY_PATH), ENOTDIR);
	CHECK_ERR(utimensat(999, "", then, AT_EMPTY_PATH), EBADF);
}

static void o_tmpfile_is_not_supported(void)
{
	const int tmpfile = 020000000 | O_DIRECTORY;	/* the library's O_TMPFILE */

	enter_empty_directory();
	close(make_file("f", "abc"));
	CHECK_ERR(open(".", tmpfile | O_RDWR, 0600), EOPNOTSUPP);
	CHECK_ERR(open("/proc", tmpfile | O_WRONLY, 0600), EOPNOTSUPP);
	CHECK_ERR(open(".", tmpfile | O_RDONLY, 0600), EINVAL);
	CHECK_ERR(open(".", tmpfile | O_RDWR | O_CREAT, 0600), EINVAL);
	CHECK_ERR(open(".", 020000000 | O_RDWR, 0600), EINVAL);
	CHECK_ERR(open("f", tmpfile | O_RDWR, 0600), ENOTDIR);
	CHECK_ERR(open("missing", tmpfile | O_RDWR, 0600), ENOENT);
}

static void only_the_owner_may_use_o_noatime(void)
{
	int mine;

	enter_empty_directory();
	CHECK_EQ(chmod(".", 0777), 0);
	close(make_file("root-s", ""));
	CHECK_EQ(chmod("root-s", 0666), 0);
	CHECK_EQ(open("root-s", O_RDONLY | O_NOATIME), 3);
	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(open("root-s", O_RDONLY | O_NOATIME), EPERM);
	CHECK_ERR(open("root-s", O_RDWR | O_TRUNC | O_NOATIME), EPERM);
	CHECK_ERR(open("/dev/null", O_RDONLY | O_NOATIME), EPERM);
	CHECK_ERR(open("/proc/version", O_RDONLY | O_NOATIME), EPERM);
	mine = open("mine", O_RDWR | O_CREAT | O_NOATIME, 0600);
	CHECK(mine >= 0);
	CHECK(fcntl(mine, F_GETFL) & O_NOATIME);
	CHECK_EQ(fcntl(mine, F_SETFL, 0), 0);
	CHECK(!(fcntl(mine, F_GETFL) & O_NOATIME));
	CHECK_EQ(fcntl(mine, F_SETFL, O_NOATIME), 0);
	int theirs = open("root-s", O_RDONLY);

	CHECK_ERR(fcntl(theirs, F_SETFL, O_NOATIME), EPERM);
	CHECK(!(fcntl(theirs, F_GETFL) & O_NOATIME));
}

/* ---- memory -------------------------------------------------------------------------------- */

static void waking_a_private_futex_needs_no_mapped_memory(void)
{
	unsigned *none = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(munmap(none + 1024, 4096), 0);
	CHECK_EQ(syscall(SYS_futex, none + 1024, 1 | 128, 1, NULL, NULL, 0), 0);
	CHECK_EQ(syscall(SYS_futex, none, 1 | 128, 1, NULL, NULL, 0), 0);
	CHECK_ERR(syscall(SYS_futex, none + 1024, 1, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(syscall(SYS_futex, none, 1, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(syscall(SYS_futex, none + 1024, 0 | 128, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(syscall(SYS_futex, none, 0, 1, NULL, NULL, 0), EFAULT);
	CHECK_ERR(syscall(SYS_futex, (char *)none + 1, 1 | 128, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_futex, (void *)(1ul << 63), 1 | 128, 1, NULL, NULL, 0), EFAULT);
}

static void shared_memory_stays_shared_when_its_rights_change(void)
{
	volatile int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile int *late = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, fd;
	char *map;

	*shared = 1;
	CHECK_EQ(mprotect((void *)shared, 4096, PROT_READ), 0);
	if (fork() == 0) {
		CHECK_EQ(mprotect((void *)shared, 4096, PROT_READ | PROT_WRITE), 0);
		CHECK_EQ(mprotect((void *)late, 4096, PROT_READ | PROT_WRITE), 0);
		*shared = 2;
		*late = 3;
		_exit(0);
	}
	wait(&status);
	CHECK_EQ(status, 0);
	CHECK_EQ(*shared, 2);
	CHECK_EQ(*late, 3);
	CHECK_EQ(mprotect((void *)shared, 4096, PROT_NONE), 0);
	CHECK_EQ(mprotect((void *)shared, 4096, PROT_READ), 0);
	CHECK_EQ(*shared, 2);
	enter_empty_directory();
	close(make_file("f", "contents"));
	fd = open("f", O_RDONLY);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	CHECK_ERR(mprotect(map, 4096, PROT_READ | PROT_WRITE), EACCES);
	CHECK_EQ(mprotect(map, 4096, PROT_READ | PROT_EXEC), 0);
	CHECK(!memcmp(map, "contents", 8));
	CHECK(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	CHECK_ERR(mprotect(map, 4096, 0x100), EINVAL);
	CHECK_ERR(syscall(SYS_mprotect, map + 1, 4096L, PROT_READ), EINVAL);
	CHECK_EQ(mprotect(map, 0, PROT_READ), 0);
	/* If the range has a hole, the call fails, but the part before the hole has changed. */
	map = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(munmap(map + 4096, 4096), 0);
	CHECK_ERR(mprotect(map, 3 * 4096, PROT_READ | PROT_WRITE), ENOMEM);
	CHECK_ERR(mprotect(map + 4096, 4096, PROT_READ), ENOMEM);
	map[0] = 1;
}

/* ---- programs ------------------------------------------------------------------------------ */

/* The exit status of a program that gets @n arguments of @len characters each, or -errno. */
static int run_with_arguments(size_t n, size_t len)
{
	char **argv = calloc(n + 3, sizeof(*argv)), *arg = malloc(len + 1);
	char *env[] = { NULL };
	int status;

	memset(arg, 'x', len);
	arg[len] = '\0';
	argv[0] = "answers";
	argv[1] = "--argument";
	for (size_t i = 0; i < n; i++)
		argv[i + 2] = arg;
	if (fork() == 0) {
		execve("/proc/self/exe", argv, env);
		_exit(errno);
	}
	wait(&status);
	free(arg);
	free(argv);
	return WEXITSTATUS(status);
}

#define STRING_MAX	131072		/* of one argument, with its NUL */

static void arguments_have_two_limits(void)
{
	struct rlimit stack = { 8 << 20, RLIM_INFINITY };

	CHECK_EQ(setrlimit(RLIMIT_STACK, &stack), 0);
	CHECK_EQ(run_with_arguments(1, STRING_MAX - 1), 0);
	CHECK_EQ(run_with_arguments(1, STRING_MAX), E2BIG);
	/* All arguments and the pointers to them together may take a quarter of the stack limit. */
	CHECK_EQ(run_with_arguments(15, STRING_MAX - 1), 0);
	CHECK_EQ(run_with_arguments(16, STRING_MAX - 1), E2BIG);
	CHECK_EQ(run_with_arguments(200000, 1), 0);
	CHECK_EQ(run_with_arguments(220000, 1), E2BIG);
	/* They may always take 128 KiB. */
	stack.rlim_cur = 256 << 10;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &stack), 0);
	CHECK_EQ(run_with_arguments(1, 120000), 0);
	CHECK_EQ(run_with_arguments(2, 70000), E2BIG);
}

static void a_program_can_turn_address_randomization_off(void)
{
	int status;

	CHECK_EQ(personality(0xffffffff), 0);
	CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
	CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
	if (fork() == 0) {
		execl("/proc/self/exe", "answers", "--personality", NULL);
		_exit(99);
	}
	wait(&status);
	CHECK_EQ(status, 0);
	CHECK_EQ(personality(0), ADDR_NO_RANDOMIZE);
	CHECK_EQ(personality(0xffffffff), 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--argument"))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "--personality"))
		return personality(0xffffffff) != ADDR_NO_RANDOMIZE;
	TAP_TEST(a_negative_length_is_refused_before_anything_moves);
	TAP_TEST(copies_need_a_source_to_read_and_a_target_to_write);
	TAP_TEST(a_hole_takes_no_blocks);
	TAP_TEST(files_without_extended_attributes_refuse_them);
	TAP_TEST(statx_looks_at_its_flags_and_its_mask);
	TAP_TEST(an_empty_path_means_the_descriptor_itself);
	TAP_TEST(o_tmpfile_is_not_supported);
	TAP_TEST(only_the_owner_may_use_o_noatime);
	TAP_TEST(waking_a_private_futex_needs_no_mapped_memory);
	TAP_TEST(shared_memory_stays_shared_when_its_rights_change);
	TAP_TEST(arguments_have_two_limits);
	TAP_TEST(a_program_can_turn_address_randomization_off);
	return tap_done();
}
