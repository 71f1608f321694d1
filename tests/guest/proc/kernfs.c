/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernfs.c - names and attributes in /proc, /sys and /dev. Users cannot create or remove names, and get
 * the errno of Linux. The tests also check writes to control files, changes by the owner of a file, and
 * the text of some files.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include "files.h"

#define STUDENT	1000

static void as_student(void (*part)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK_EQ(setgroups(0, NULL), 0);
		CHECK_EQ(setresgid(STUDENT, STUDENT, STUDENT), 0);
		CHECK_EQ(setresuid(STUDENT, STUDENT, STUDENT), 0);
		part();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* Checks the errno of each way to create the missing name @path: @by_open of open(), @otherwise of other calls. */
static void making_fails(const char *path, int by_open, int otherwise)
{
	CHECK_ERR(open(path, O_WRONLY), ENOENT);
	CHECK_ERR(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), by_open);
	CHECK_ERR(open(path, O_WRONLY | O_CREAT | O_EXCL, 0644), by_open);
	CHECK_ERR(mkdir(path, 0755), otherwise);
	CHECK_ERR(mkfifo(path, 0644), otherwise);
	CHECK_ERR(symlink("/", path), otherwise);
	CHECK_ERR(unlink(path), ENOENT);
	CHECK_ERR(rmdir(path), ENOENT);
}

static void no_user_can_create_names_in_proc(void)
{
	making_fails("/proc/nothing", ENOENT, ENOENT);
	making_fails("/proc/self/nothing", ENOENT, ENOENT);
	making_fails("/proc/sys/kernel/nothing", ENOENT, ENOENT);
	CHECK_ERR(link("/proc/version", "/proc/nothing"), ENOENT);
	CHECK_ERR(rename("/proc/version", "/proc/nothing"), ENOENT);
	CHECK_ERR(mkdir("/proc/version", 0755), EEXIST);
	CHECK_ERR(mkdir("/proc/nothing/more", 0755), ENOENT);
	CHECK_ERR(mkdir("/proc/version/more", 0755), ENOTDIR);
}

static void root_cannot_create_names_in_sys(void)
{
	making_fails("/sys/nothing", EACCES, EPERM);
	making_fails("/sys/kernel/livepatch/nothing", EACCES, EPERM);
	making_fails("/dev/nothing", EACCES, EPERM);
	CHECK_ERR(link("/sys/kernel/livepatch", "/sys/nothing"), EPERM);
	CHECK_ERR(rename("/sys/kernel/livepatch", "/sys/nothing"), EPERM);
	CHECK_ERR(rename("/sys/kernel/nothing", "/sys/more"), ENOENT);
	CHECK_ERR(link("/dev/nothing", "/dev/more"), ENOENT);
	CHECK_ERR(link("/dev/null", "/dev/zero"), EEXIST);
	CHECK_ERR(mkdir("/sys/nothing/more", 0755), ENOENT);
}

static void student_tries_sys(void)
{
	making_fails("/sys/nothing", EACCES, EACCES);
	CHECK_ERR(rmdir("/sys/kernel/livepatch"), EACCES);
	CHECK_ERR(rename("/sys/kernel/livepatch", "/sys/nothing"), EACCES);
	CHECK_ERR(chmod("/dev/null", 0600), EPERM);
	CHECK_ERR(chown("/dev/null", STUDENT, -1), EPERM);
	making_fails("/proc/nothing", ENOENT, ENOENT);
}

static void students_get_eacces_in_sys(void)
{
	as_student(student_tries_sys);
}

static void nobody_removes_a_kernel_object(void)
{
	CHECK_ERR(unlink("/proc/version"), EPERM);
	CHECK_ERR(rmdir("/proc/version"), ENOTDIR);
	CHECK_ERR(unlink("/proc/self/task"), EISDIR);
	CHECK_ERR(rmdir("/proc/self/task"), EPERM);
	CHECK_ERR(unlink("/dev/null"), EPERM);
	CHECK_ERR(rmdir("/sys/kernel/livepatch"), EPERM);
	CHECK(file_exists("/dev/null") && file_exists("/proc/version"));
}

/* An empty write has no value. Taken as a value, it would be an error for a number, and would clear a name. */
static void an_empty_write_changes_nothing(void)
{
	int fd = open("/proc/self/comm", O_WRONLY);

	CHECK_EQ(write(fd, "before", 6), 6);
	CHECK_EQ(write(fd, "", 0), 0);
	close(fd);
	CHECK_STR(file_text("/proc/self/comm"), "before\n");
	fd = open("/proc/sys/kernel/printk", O_WRONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "", 0), 0);
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	close(fd);
}

static void status_keeps_a_strange_name_on_one_line(void)
{
	CHECK_EQ(prctl(PR_SET_NAME, "a\nUid:\t0\\b"), 0);
	CHECK(strncmp(file_text("/proc/self/status"), "Name:\ta\\nUid:\t0\\\\b\nUmask:", 25) == 0);
	CHECK_STR(file_text("/proc/self/comm"), "a\nUid:\t0\\b\n");
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	CHECK_EQ(stat(path, &st), 0);
	return st.st_mode;
}

static void student_reads_slabinfo(void)
{
	CHECK(open("/proc/slabinfo", O_RDONLY) >= 0);
	CHECK_ERR(chmod("/proc/slabinfo", 0400), EPERM);
}

static void student_may_not_read_slabinfo(void)
{
	CHECK_ERR(open("/proc/slabinfo", O_RDONLY), EACCES);
}

static void root_may_open_a_file_to_others(void)
{
	int fd;

	as_student(student_may_not_read_slabinfo);
	CHECK_EQ(chmod("/proc/slabinfo", 0444), 0);
	CHECK_EQ(mode_of("/proc/slabinfo"), S_IFREG | 0444);
	as_student(student_reads_slabinfo);
	CHECK_EQ(chmod("/proc/slabinfo", 0400), 0);
	CHECK_EQ(chown("/proc/slabinfo", STUDENT, STUDENT), 0);
	fd = open("/proc/slabinfo", O_RDONLY);
	CHECK_EQ(fchown(fd, 0, 0), 0);
	CHECK_EQ(fchmod(fd, 0400), 0);
	as_student(student_may_not_read_slabinfo);
	CHECK_EQ(utimensat(AT_FDCWD, "/dev/null", NULL, 0), 0);
	/* A file that the kernel creates on demand cannot store a mode. */
	CHECK_ERR(chmod("/proc/self/status", 0400), EPERM);
	CHECK_EQ(mode_of("/proc/self/status"), S_IFREG | 0444);
}

static void partitions_is_an_empty_table(void)
{
	CHECK_STR(file_text("/proc/partitions"), "major minor  #blocks  name\n\n");
}

static void every_file_system_that_is_listed_can_be_mounted(void)
{
	char *at, *list = strdup(file_text("/proc/filesystems")), *line;
	int count = 0;

	CHECK(mkdir("/tmp/mounted", 0755) == 0 || errno == EEXIST);
	for (line = strtok_r(list, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		CHECK(strncmp(line, "nodev\t", 6) == 0);
		CHECK_EQ(mount("none", "/tmp/mounted", line + 6, 0, NULL), 0);
		CHECK_EQ(umount("/tmp/mounted"), 0);
		count++;
	}
	CHECK_EQ(count, 3);
	CHECK_ERR(mount("none", "/tmp/mounted", "tmpfs", 0, NULL), ENODEV);
	CHECK_EQ(rmdir("/tmp/mounted"), 0);
}

static void a_mount_can_be_bound_to_a_second_path(void)
{
	struct stat first, second;

	CHECK(mkdir("/tmp/bound", 0755) == 0 || errno == EEXIST);
	CHECK_EQ(mount("/dev/console", "/tmp/bound", NULL, MS_BIND, NULL), 0);
	CHECK_EQ(stat("/dev/console", &first), 0);
	CHECK_EQ(stat("/tmp/bound", &second), 0);
	CHECK(S_ISCHR(second.st_mode) && first.st_rdev == second.st_rdev);
	CHECK(first.st_dev == second.st_dev && first.st_ino == second.st_ino);
	CHECK_ERR(mount("/dev/console", "/tmp/bound", NULL, MS_BIND, NULL), EBUSY);
	CHECK_EQ(umount("/tmp/bound"), 0);
	CHECK_EQ(stat("/dev/console", &first), 0);
	CHECK_EQ(mount("/proc/", "/tmp/bound/", "", MS_BIND, NULL), 0);
	CHECK(file_exists("/tmp/bound/1/stat"));
	CHECK_EQ(umount("/tmp/bound"), 0);
	CHECK(!file_exists("/tmp/bound/1/stat") && file_exists("/proc/1/stat"));
	CHECK_EQ(rmdir("/tmp/bound"), 0);
}

static void only_a_mount_can_be_bound_to_a_second_path(void)
{
	CHECK_ERR(mount("/tmp", "/tmp/bound", NULL, MS_BIND, NULL), EINVAL);
	CHECK_ERR(mount("/proc/1", "/tmp/bound", NULL, MS_BIND, NULL), EINVAL);
	CHECK_ERR(mount(NULL, "/tmp/bound", NULL, MS_BIND, NULL), EFAULT);
	CHECK_ERR(mount("/proc", NULL, NULL, MS_BIND, NULL), EFAULT);
}

static void trees_of_the_kernel_cannot_be_unmounted(void)
{
	static const char *const trees[] = { "/", "/dev", "/proc", "/sys", "/boot" };

	for (unsigned i = 0; i < sizeof(trees) / sizeof(*trees); i++)
		CHECK_ERR(umount(trees[i]), EBUSY);
	CHECK(file_exists("/dev/null") && file_exists("/proc/1") && file_exists("/boot/init"));
	CHECK_ERR(umount("/tmp"), EINVAL);
}

int main(void)
{
	TAP_TEST(no_user_can_create_names_in_proc);
	TAP_TEST(root_cannot_create_names_in_sys);
	TAP_TEST(students_get_eacces_in_sys);
	TAP_TEST(nobody_removes_a_kernel_object);
	TAP_TEST(an_empty_write_changes_nothing);
	TAP_TEST(status_keeps_a_strange_name_on_one_line);
	TAP_TEST(root_may_open_a_file_to_others);
	TAP_TEST(partitions_is_an_empty_table);
	TAP_TEST(every_file_system_that_is_listed_can_be_mounted);
	TAP_TEST(a_mount_can_be_bound_to_a_second_path);
	TAP_TEST(only_a_mount_can_be_bound_to_a_second_path);
	TAP_TEST(trees_of_the_kernel_cannot_be_unmounted);
	return tap_done();
}
