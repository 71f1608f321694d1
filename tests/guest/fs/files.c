/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.c - contents and attributes of files, of devices and of the kernel's files, as a program sees
 * them. All tests but the last must also pass on Linux; a run on Linux tests the suite itself.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "scratch.h"
#include "tap.h"

/* ---- reading and writing ----------------------------------------------------------------- */

static void what_is_written_is_read(void)
{
	static char out[300000], in[sizeof(out)];
	int fd;

	enter_empty_directory();
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 4096;
	fd = open("big", O_RDWR | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, out, sizeof(out)), sizeof(out));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, in, sizeof(in)), sizeof(in));
	CHECK(!memcmp(in, out, sizeof(in)));
	CHECK_EQ(read(fd, in, 1), 0);
	CHECK_EQ(pread(fd, in, 1000, 123457), 1000);
	CHECK(!memcmp(in, out + 123457, 1000));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(out));
	CHECK_EQ(lseek(fd, -5, SEEK_END), sizeof(out) - 5);
	CHECK_EQ(read(fd, in, 100), 5);
}

static void append_writes_at_the_end_always(void)
{
	int fd, other;

	enter_empty_directory();
	fd = make_file("f", "one");
	other = open("f", O_WRONLY | O_APPEND);
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(write(other, "end", 3), 3);
	CHECK_EQ(lseek(other, 0, SEEK_CUR), 9);
	CHECK_EQ(lseek(other, 0, SEEK_SET), 0);
	CHECK_EQ(write(other, "!", 1), 1);
	expect_contents("f", "onetwoend!");
}

static void vectors_are_one_operation(void)
{
	char a[4] = "", b[16] = "";
	struct iovec out[3] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } };
	struct iovec in[2] = { { a, 3 }, { b, 15 } };
	struct iovec *volatile bad = (void *)8;
	volatile int negative = -1;
	int fd, p[2];

	enter_empty_directory();
	fd = make_file("f", "");
	CHECK_EQ(writev(fd, out, 3), 7);
	CHECK_EQ(preadv(fd, in, 2, 0), 7);
	CHECK_STR(a, "abc");
	CHECK_STR(b, "defg");
	/* A read that has filled the first vector does not wait for the second. */
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "xyz", 3), 3);
	CHECK_EQ(readv(p[0], in, 2), 3);
	CHECK_ERR(writev(fd, out, negative), EINVAL);
	CHECK_ERR(writev(fd, bad, 2), EFAULT);
}

static void holes_read_as_zeros(void)
{
	char buf[10];
	struct stat st;
	int fd;

	enter_empty_directory();
	fd = make_file("f", "abc");
	CHECK_EQ(pwrite(fd, "z", 1, 100000), 1);
	CHECK_EQ(pread(fd, buf, 10, 50000), 10);
	CHECK(!memcmp(buf, "\0\0\0\0\0\0\0\0\0\0", 10));
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 100001);
}

static void truncate_cuts_and_grows(void)
{
	char buf[8] = "";
	int fd;

	enter_empty_directory();
	fd = make_file("f", "abcdef");
	CHECK_EQ(ftruncate(fd, 3), 0);
	CHECK_EQ(ftruncate(fd, 6), 0);
	CHECK_EQ(pread(fd, buf, 8, 0), 6);
	CHECK(!memcmp(buf, "abc\0\0\0", 6));
	CHECK_EQ(truncate("f", 1), 0);
	expect_contents("f", "a");
	close(fd);
	fd = open("f", O_RDONLY);
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
	CHECK_ERR(truncate("f", -1), EINVAL);
	CHECK_ERR(write(fd, "x", 1), EBADF);
}

static void bad_user_memory_is_efault(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *volatile bad = (void *)16;
	int fd, p[2];

	enter_empty_directory();
	CHECK(page != MAP_FAILED);
	CHECK_EQ(munmap(page + 4096, 4096), 0);
	fd = make_file("f", "some bytes");
	CHECK_ERR(pread(fd, bad, 4, 0), EFAULT);
	CHECK_ERR(pread(fd, (void *)0xffff800000000000ul, 4, 0), EFAULT);
	CHECK_ERR(open(bad, O_RDONLY), EFAULT);
	CHECK_ERR(syscall(SYS_stat, "f", bad), EFAULT);	/* musl's stat() would copy the result, and crash */
	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(write(p[1], bad, 4), EFAULT);
	CHECK_EQ(write(p[1], page + 4096 - 2, 2), 2);
	/* A path that ends in unmapped memory. */
	memset(page, 'x', 4096);
	CHECK_ERR(open(page + 4000, O_RDONLY), EFAULT);
}

static void sendfile_copies(void)
{
	static char big[200000];
	off_t off = 3;
	int in, out;
	struct stat st;

	enter_empty_directory();
	in = make_file("in", "abcdefghij");
	out = make_file("out", "");
	CHECK_EQ(sendfile(out, in, &off, 4), 4);
	CHECK_EQ(off, 7);
	CHECK_EQ(lseek(in, 0, SEEK_SET), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 10);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 10);
	expect_contents("out", "defgabcdefghij");
	CHECK_EQ(pwrite(in, big, sizeof(big), 0), sizeof(big));
	off = 0;
	CHECK_EQ(ftruncate(out, 0), 0);
	CHECK_EQ(lseek(out, 0, SEEK_SET), 0);
	CHECK_EQ(sendfile(out, in, &off, sizeof(big) + 1), sizeof(big));
	CHECK_EQ(fstat(out, &st), 0);
	CHECK_EQ(st.st_size, sizeof(big));
}

/* ---- attributes -------------------------------------------------------------------------- */

static void attributes_can_be_changed(void)
{
	struct timespec times[2] = { { 1000000, 5 }, { 2000000, 7 } };
	struct stat st;
	int fd;

	enter_empty_directory();
	umask(022);
	fd = open("f", O_RDWR | O_CREAT, 0666);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(chmod("f", 0751), 0);
	CHECK_EQ(fchmod(fd, 0640), 0);
	CHECK_EQ(fchown(fd, 7, -1), 0);
	CHECK_EQ(chown("f", -1, 8), 0);
	CHECK_EQ(utimensat(AT_FDCWD, "f", times, 0), 0);
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 8);
	CHECK_EQ(st.st_atim.tv_sec, 1000000);
	CHECK_EQ(st.st_mtim.tv_nsec, 7);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(futimens(fd, times), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_atim.tv_sec, 1000000);
	CHECK(st.st_mtim.tv_sec > 1000000000);
	CHECK_ERR(chmod("none", 0600), ENOENT);
}

static void permissions_are_checked(void)
{
	enter_empty_directory();
	CHECK_EQ(chmod(".", 0755), 0);
	close(make_file("secret", "s"));
	close(make_file("public", "p"));
	CHECK_EQ(chmod("secret", 0600), 0);
	CHECK_EQ(setgid(1000), 0);
	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(open("public", O_WRONLY), EACCES);
	CHECK_ERR(access("secret", R_OK), EACCES);
	CHECK_EQ(access("public", R_OK), 0);
	CHECK_ERR(access("public", X_OK), EACCES);
	CHECK_ERR(open("new", O_RDWR | O_CREAT, 0644), EACCES);
	CHECK_ERR(unlink("public"), EACCES);
	CHECK_ERR(chmod("public", 0777), EPERM);
	CHECK_ERR(chroot("."), EPERM);
	expect_contents("public", "p");
}

static void statx_agrees_with_stat(void)
{
	struct stat st;
	struct statfs fs;
	struct { unsigned mask, blksize; unsigned long attrs; unsigned nlink, uid, gid; unsigned short mode, pad;
		 unsigned long ino, size; char rest[200]; } x;

	enter_empty_directory();
	close(make_file("f", "12345"));
	CHECK_EQ(stat("f", &st), 0);
	CHECK_EQ(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, &x), 0);
	CHECK_EQ(x.size, 5);
	CHECK_EQ(x.ino, st.st_ino);
	CHECK_EQ(x.mode, st.st_mode);
	CHECK_EQ(statfs(".", &fs), 0);
	CHECK(fs.f_bsize >= 512);
	CHECK_EQ(fs.f_namelen, 255);
}

/* ---- devices and kernel files ------------------------------------------------------------ */

static void devices_behave(void)
{
	char buf[64];
	int fd = open("/dev/null", O_RDWR);

	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(write(fd, buf, 10), 10);
	fd = open("/dev/zero", O_RDWR);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(read(fd, buf, 64), 64);
	CHECK_EQ(buf[63], 0);
	fd = open("/dev/full", O_RDWR);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	CHECK_EQ(read(fd, buf, 1), 1);
	CHECK_ERR(ioctl(fd, TIOCGWINSZ, buf), ENOTTY);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(read(fd, buf, 64), 64);
	int zeros = 0;
	for (int i = 0; i < 64; i++)
		zeros += !buf[i];
	CHECK(zeros < 32);
}

static void *read_bytes(void *arg)
{
	int fd = *(int *)arg;
	long sum = 0;
	char c;

	while (read(fd, &c, 1) == 1)
		sum++;
	return (void *)sum;
}

static void threads_share_an_offset_without_overlap(void)
{
	static char data[2000];
	pthread_t t[3];
	long total = 0;
	void *sum;
	int fd;

	enter_empty_directory();
	fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(write(fd, data, sizeof(data)), sizeof(data));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, read_bytes, &fd), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(pthread_join(t[i], &sum), 0);
		total += (long)sum;
	}
	CHECK_EQ(total, sizeof(data));
}

static void a_kernel_file_reads_the_same_in_pieces(void)
{
	char whole[4096], pieces[4096], c;
	int fd = open("/proc/version", O_RDONLY), n, m = 0;

	CHECK(fd >= 0);
	n = read(fd, whole, sizeof(whole));
	CHECK(n > 10);
	CHECK_EQ(read(fd, &c, 1), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	while (read(fd, &pieces[m], 1) == 1)
		m++;
	CHECK_EQ(m, n);
	CHECK(!memcmp(whole, pieces, n));
	CHECK_ERR(open("/proc/version", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK_ERR(open("/proc/no-such", O_RDONLY), ENOENT);
	CHECK_ERR(mkdir("/proc/new", 0755), ENOENT);
}

int main(void)
{
	TAP_TEST(what_is_written_is_read);
	TAP_TEST(append_writes_at_the_end_always);
	TAP_TEST(vectors_are_one_operation);
	TAP_TEST(holes_read_as_zeros);
	TAP_TEST(truncate_cuts_and_grows);
	TAP_TEST(bad_user_memory_is_efault);
	TAP_TEST(sendfile_copies);
	TAP_TEST(attributes_can_be_changed);
	TAP_TEST(permissions_are_checked);
	TAP_TEST(statx_agrees_with_stat);
	TAP_TEST(devices_behave);
	TAP_TEST(threads_share_an_offset_without_overlap);
	TAP_TEST(a_kernel_file_reads_the_same_in_pieces);
	return tap_done();
}
