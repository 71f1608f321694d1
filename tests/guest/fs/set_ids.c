/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_ids.c - the set-user-id and set-group-id bits of files: which users may set them, which operations clear
 * them.  An argument is the folder to work in instead of /tmp; in /host only root may set the bits.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include "users.h"

static const char *top = "/tmp";
static bool share;		/* @top is a folder of the host */

/* Makes an empty folder that all users may use, and goes there. */
static void enter(void)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/set_ids.XXXXXX", top);
	CHECK(mkdtemp(dir));
	CHECK_EQ(chmod(dir, 0755), 0);
	CHECK_EQ(chdir(dir), 0);
}

/* The mode of a file to which a user other than root gives @mode. */
static mode_t given(mode_t mode)
{
	return share ? mode & 01777 : mode;
}

/* ---- directories ------------------------------------------------------------------------ */

static void setgid_directory_part(void)
{
	struct stat st;

	CHECK(open("sgid/file", O_RDWR | O_CREAT, 0600) >= 0);
	CHECK_EQ(stat("sgid/file", &st), 0);
	CHECK_EQ(st.st_gid, LAB);
	CHECK_EQ(mkdir("sgid/dir", 0700), 0);
	CHECK_EQ(stat("sgid/dir", &st), 0);
	CHECK_EQ(st.st_gid, LAB);
	CHECK(st.st_mode & S_ISGID);
}

static void setgid_directories_hand_their_group_on(void)
{
	enter();
	make_dir("sgid", 02777, 0, LAB);
	as_student(setgid_directory_part);
}

/* ---- set-group-id: the rules for users outside of the group ---------------------------------- */

#define STRANGE	77		/* a group that student is not in */
#define RUNS	02755		/* the mode of a program with set-group-id */

static void make_in_strange_directory(void)
{
	umask(0);
	CHECK(open("strange/open", O_RDWR | O_CREAT, RUNS) >= 0);
	CHECK_EQ(mknod("strange/node", S_IFREG | RUNS, 0), 0);
	if (!share)		/* QEMU makes no FIFOs on the host */
		CHECK_EQ(mkfifo("strange/fifo", RUNS), 0);
	CHECK(open("strange/plain", O_RDWR | O_CREAT, 02744) >= 0);
	CHECK(open("own/open", O_RDWR | O_CREAT, RUNS) >= 0);
	CHECK(open("own/user", O_RDWR | O_CREAT, 04755) >= 0);
	CHECK_EQ(mknod("own/node", S_IFREG | 06755, 0), 0);
	CHECK_EQ(mkdir("strange/dir", 0755), 0);
}

static void chmod_as_student(void)
{
	CHECK_EQ(chmod("mine", RUNS), 0);
	CHECK_EQ(chmod("mydir", RUNS), 0);
	CHECK_EQ(chmod("ours", RUNS), 0);
	CHECK_EQ(chmod("user", 04755), 0);
	CHECK_EQ(chmod("ourdir", RUNS), 0);
	CHECK_EQ(fchmod(open("mine", O_RDONLY), RUNS), 0);
}

static void only_members_of_a_group_can_set_its_group_id(void)
{
	enter();
	make_dir("strange", 02777, 0, STRANGE);
	make_dir("own", 02777, 0, LAB);
	as_student(make_in_strange_directory);
	CHECK_EQ(mode_of("strange/open"), 0755);
	CHECK_EQ(mode_of("strange/node"), 0755);
	if (!share)
		CHECK_EQ(mode_of("strange/fifo"), 0755);
	CHECK_EQ(mode_of("strange/plain"), given(02744));	/* the group cannot run it */
	CHECK_EQ(mode_of("strange/dir"), 02755);	/* new files get the directory's group */
	CHECK_EQ(mode_of("own/open"), given(RUNS));
	CHECK_EQ(mode_of("own/user"), given(04755));
	CHECK_EQ(mode_of("own/node"), given(06755));
	make_file("mine", 0600, STUDENT, STRANGE);
	make_file("ours", 0600, STUDENT, LAB);
	make_file("user", 0600, STUDENT, STUDENT);
	make_dir("mydir", 0700, STUDENT, STRANGE);
	make_dir("ourdir", 0700, STUDENT, LAB);
	as_student(chmod_as_student);
	CHECK_EQ(mode_of("mine"), 0755);
	CHECK_EQ(mode_of("mydir"), 0755);
	CHECK_EQ(mode_of("ours"), given(RUNS));
	CHECK_EQ(mode_of("user"), given(04755));
	CHECK_EQ(mode_of("ourdir"), RUNS);
}

static void cuts(void)
{
	CHECK_EQ(truncate("cut", 1), 0);
	CHECK_EQ(ftruncate(open("fcut", O_WRONLY), 1), 0);
	CHECK(open("otrunc", O_WRONLY | O_TRUNC) >= 0);
	CHECK_EQ(fallocate(open("grown", O_WRONLY), 0, 0, 100), 0);
}

static void changes_of_contents_clear_set_ids(void)
{
	static const char *const files[] = { "cut", "fcut", "otrunc", "grown" };

	enter();
	for (unsigned i = 0; i < 4; i++) {
		make_file(files[i], 06777, 0, LAB);
		CHECK_EQ(truncate(files[i], 10), 0);	/* a truncation by root keeps the bits */
		CHECK_EQ(mode_of(files[i]), 06777);
	}
	as_student(cuts);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(mode_of(files[i]), 0777);
}

/* A chown that changes no owner: by path, by descriptor, and on files of other users. */
static void chowns_without_a_new_owner(void)
{
	CHECK_EQ(chown("path", -1, -1), 0);
	CHECK_EQ(fchown(open("descriptor", O_RDONLY), -1, -1), 0);
	CHECK_EQ(fchownat(open("empty", O_PATH), "", -1, -1, AT_EMPTY_PATH), 0);
	CHECK_EQ(chown("directory", -1, -1), 0);
	CHECK_EQ(chown("foreign", -1, -1), 0);
	CHECK_ERR(chown("foreign-id", -1, -1), EPERM);
	CHECK_ERR(chown("path", 0, -1), EPERM);
}

static void a_chown_without_a_new_owner_clears_set_ids(void)
{
	enter();
	make_file("path", 06755, STUDENT, STUDENT);
	make_file("descriptor", 06755, STUDENT, STUDENT);
	make_file("empty", 06755, STUDENT, STUDENT);
	make_dir("directory", 06755, STUDENT, STUDENT);
	make_file("foreign", 0755, 0, 0);
	make_file("foreign-id", 04755, 0, 0);
	make_file("root", 06755, 0, 0);
	as_student(chowns_without_a_new_owner);
	CHECK_EQ(mode_of("path"), 0755);
	CHECK_EQ(mode_of("descriptor"), 0755);
	CHECK_EQ(mode_of("empty"), 0755);
	CHECK_EQ(mode_of("directory"), 06755);
	CHECK_EQ(mode_of("foreign-id"), 04755);
	CHECK_EQ(chown("root", -1, -1), 0);
	CHECK_EQ(mode_of("root"), 0755);
}

static void a_chown_to_a_new_owner_clears_set_ids(void)
{
	enter();
	make_file("given", 06755, 0, 0);
	CHECK_EQ(chown("given", STUDENT, STUDENT), 0);
	CHECK_EQ(mode_of("given"), 0755);
	make_file("plain", 02744, 0, 0);
	CHECK_EQ(chown("plain", STUDENT, STUDENT), 0);
	CHECK_EQ(mode_of("plain"), 02744);
	if (share)
		return;
	CHECK_EQ(mkfifo("pipe", 0), 0);
	CHECK_EQ(chmod("pipe", 06755), 0);
	CHECK_EQ(chown("pipe", STUDENT, STUDENT), 0);
	CHECK_EQ(mode_of("pipe"), 0755);
}

static void writes_to_a_setuid_file(void)
{
	int fd = open("suid", O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "y", 1), 1);
}

static void writing_and_chown_clear_setuid(void)
{
	enter();
	make_file("suid", 06777, 0, 0);
	as_student(writes_to_a_setuid_file);
	CHECK_EQ(mode_of("suid"), 0777);
	make_file("suid", 06755, 0, 0);
	CHECK_EQ(chown("suid", STUDENT, 0), 0);
	CHECK_EQ(mode_of("suid"), 0755);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		top = argv[1];
	share = argc == 2;
	TAP_TEST(setgid_directories_hand_their_group_on);
	TAP_TEST(only_members_of_a_group_can_set_its_group_id);
	TAP_TEST(changes_of_contents_clear_set_ids);
	TAP_TEST(a_chown_without_a_new_owner_clears_set_ids);
	TAP_TEST(a_chown_to_a_new_owner_clears_set_ids);
	TAP_TEST(writing_and_chown_clear_setuid);
	return tap_done();
}
