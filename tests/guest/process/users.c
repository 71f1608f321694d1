/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.c - a second user: operations on the system and on other users that the kernel refuses to "student",
 * programs that change the user, groups, modes of files.  Set-id bits of files: set_ids.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include "asleep.h"
#include "trace.h"
#include "users.h"

#define DIR	"/tmp/users"

static const char *self;		/* path of this program */

/* ---- users and groups -------------------------------------------------------------------- */

static void student_has_an_entry_and_a_home(void)
{
	struct passwd *pw = getpwnam("student");
	struct stat st;

	CHECK(pw != NULL);
	CHECK_EQ(pw->pw_uid, STUDENT);
	CHECK_EQ(pw->pw_gid, STUDENT);
	CHECK_EQ(stat(pw->pw_dir, &st), 0);
	CHECK_EQ(st.st_uid, STUDENT);
	CHECK(getgrnam("lab") && getgrnam("lab")->gr_gid == LAB);
}

/* ---- the system ----------------------------------------------------------------------------- */

static void system_calls_of_root(void)
{
	struct timeval tv = { 1, 0 };

	CHECK_ERR(syscall(SYS_init_module, "", 0, ""), EPERM);
	CHECK_ERR(syscall(SYS_finit_module, 0, "", 0), EPERM);
	CHECK_ERR(syscall(SYS_delete_module, "klp_oracle", O_NONBLOCK), EPERM);
	CHECK_ERR(reboot(RB_AUTOBOOT), EPERM);
	CHECK_ERR(mount("x", "/mnt", "proc", 0, NULL), EPERM);
	CHECK_ERR(umount("/proc"), EPERM);
	CHECK_ERR(chroot("/tmp"), EPERM);
	CHECK_ERR(sethostname("x", 1), EPERM);
	CHECK_ERR(settimeofday(&tv, NULL), EPERM);
	CHECK_ERR(klogctl(5, NULL, 0), EPERM);
	CHECK_ERR(mknod("/tmp/users_dev", S_IFCHR | 0600, 0), EPERM);
	CHECK_ERR(setpriority(PRIO_PROCESS, 0, -5), EACCES);
	CHECK_ERR(setpriority(PRIO_PROCESS, 1, 5), EPERM);
	CHECK_ERR(setuid(0), EPERM);
	CHECK_ERR(setgid(0), EPERM);
	CHECK_ERR(setgroups(0, NULL), EPERM);
	CHECK_ERR(setresuid(-1, 0, -1), EPERM);
}

static void student_may_not_change_the_system(void)
{
	as_student(system_calls_of_root);
}

static void control_files(void)
{
	static const char *const files[] = {
		"/sys/kernel/livepatch/klp_name/enabled", "/proc/sys/kernel/livepatch_signal_period_ms",
		"/proc/sys/kernel/livepatch_safety_period_ms",
		"/proc/sys/kernel/hostname", "/proc/1/stack", "/proc/1/patch_state", "/proc/1/environ",
		"/proc/1/auxv", "/proc/1/task/1/stack", "/proc/1/task/1/patch_state",
	};

	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		/* Student may read settings, but not the files of another process. */
		int fd = open(files[i], strncmp(files[i], "/proc/1/", 8) ? O_WRONLY : O_RDONLY);

		if (fd >= 0 || (errno != EACCES && errno != EPERM && errno != ENOENT))
			CHECK_FAIL("open of %s: %d, errno %d", files[i], fd, errno);
	}
}

static void student_may_not_write_control_files(void)
{
	as_student(control_files);
}

static void own_proc_files(void)
{
	char text[64];
	int fd;

	/* After student has executed a program itself, the program's files belong to student. */
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	fd = open("/proc/self/stack", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_ERR(read(fd, text, sizeof(text)), EACCES);
	fd = open("/proc/self/patch_state", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, text, sizeof(text)), 3);
	/* Names and states of other processes are visible, but not what these processes have. */
	CHECK(open("/proc/1/stat", O_RDONLY) >= 0);
	CHECK(open("/proc/1/cmdline", O_RDONLY) >= 0);
	CHECK_ERR(open("/proc/1/fd", O_RDONLY | O_DIRECTORY), EACCES);
	CHECK_ERR(readlink("/proc/1/exe", text, sizeof(text)), EACCES);
	CHECK_ERR(readlink("/proc/1/cwd", text, sizeof(text)), EACCES);
	fd = open("/proc/1/maps", O_RDONLY);
	CHECK(fd < 0 || read(fd, text, sizeof(text)) < 0);
	CHECK_EQ(errno, EACCES);
}

static void student_sees_its_own_processes_only(void)
{
	as_student(own_proc_files);
}

/* ---- other processes ---------------------------------------------------------------- */

static pid_t victim;

static void signals_to_others(void)
{
	CHECK_ERR(kill(1, SIGKILL), EPERM);
	CHECK_ERR(kill(1, 0), EPERM);
	CHECK_ERR(kill(victim, SIGTERM), EPERM);
	CHECK_ERR(syscall(SYS_tgkill, victim, victim, SIGTERM), EPERM);
	CHECK_ERR(trace(PTRACE_ATTACH, victim, 0, 0), EPERM);
	CHECK_ERR(setpgid(victim, 0), ESRCH);
	/* kill(-1) goes to all processes that the caller may signal, which is here only the caller. */
	CHECK_EQ(kill(-1, SIGTERM), 0);
}

static void student_may_not_signal_others(void)
{
	int status;

	victim = fork();
	if (victim == 0)
		for (;;)
			pause();
	as_student(signals_to_others);
	CHECK_EQ(waitpid(victim, &status, WNOHANG), 0);
	CHECK_EQ(kill(victim, SIGKILL), 0);
	CHECK_EQ(waitpid(victim, &status, 0), victim);
}

/*
 * A process of root that became student still has root's memory: other processes of student must see
 * nothing of that memory.
 */
static void look_at_victim(void)
{
	char path[64];

	CHECK_EQ(kill(victim, 0), 0);
	CHECK_ERR(trace(PTRACE_ATTACH, victim, 0, 0), EPERM);
	snprintf(path, sizeof(path), "/proc/%d/environ", victim);
	CHECK_ERR(open(path, O_RDONLY), EACCES);
}

static void memory_from_before_setuid_is_not_shown(void)
{
	int status;

	victim = fork();
	if (victim == 0) {
		become_student();
		for (;;)
			pause();
	}
	wait_asleep(victim);
	as_student(look_at_victim);
	CHECK_EQ(kill(victim, SIGKILL), 0);
	CHECK_EQ(waitpid(victim, &status, 0), victim);
}

/* ---- files -------------------------------------------------------------------------- */

static void touches_files(void)
{
	struct stat st;
	int fd;

	CHECK_ERR(open(DIR "/root600", O_RDONLY), EACCES);
	CHECK_ERR(open(DIR "/root644", O_WRONLY), EACCES);
	CHECK(open(DIR "/root644", O_RDONLY) >= 0);
	CHECK_ERR(chmod(DIR "/root644", 0666), EPERM);
	CHECK_ERR(chown(DIR "/root644", STUDENT, -1), EPERM);
	CHECK_ERR(truncate(DIR "/root644", 0), EACCES);
	CHECK_ERR(utimes(DIR "/root644", NULL), EACCES);
	CHECK_ERR(access(DIR "/root600", R_OK), EACCES);
	CHECK_EQ(access(DIR "/root600", F_OK), 0);
	CHECK_ERR(open(DIR "/closed/file", O_RDONLY), EACCES);	/* no search permission */
	CHECK_ERR(chdir(DIR "/closed"), EACCES);
	CHECK_ERR(mkdir(DIR "/closed/new", 0777), EACCES);
	CHECK_ERR(mkdir("/new", 0777), EACCES);
	CHECK_ERR(unlink("/etc/passwd"), EACCES);
	CHECK_ERR(rename("/etc/passwd", "/tmp/passwd"), EACCES);
	/* For the owner only the owner's bits count, even if others have more rights. */
	CHECK_ERR(open(DIR "/mine077", O_RDONLY), EACCES);
	CHECK_EQ(chmod(DIR "/mine077", 0600), 0);
	CHECK(open(DIR "/mine077", O_RDWR) >= 0);
	CHECK_ERR(chown(DIR "/mine077", 0, -1), EPERM);
	/* A new file belongs to the process's user, and the umask clears bits of the mode. */
	umask(027);
	fd = open(DIR "/open/new", O_RDWR | O_CREAT | O_EXCL, 0666);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_uid, STUDENT);
	CHECK_EQ(st.st_gid, STUDENT);
	CHECK_EQ(st.st_mode & 07777, 0640);
	CHECK_EQ(fchown(fd, -1, LAB), 0);	/* to a group of which student is a member */
	CHECK_ERR(fchown(fd, -1, 5), EPERM);
}

static void modes_of_files_are_kept(void)
{
	make_dir(DIR, 0755, 0, 0);
	make_dir(DIR "/closed", 0700, 0, 0);
	make_dir(DIR "/open", 0777, 0, 0);
	make_file(DIR "/closed/file", 0666, 0, 0);
	make_file(DIR "/root600", 0600, 0, 0);
	make_file(DIR "/root644", 0644, 0, 0);
	make_file(DIR "/mine077", 0077, STUDENT, STUDENT);
	unlink(DIR "/open/new");
	as_student(touches_files);
}

static void uses_the_group(void)
{
	gid_t groups[4];

	CHECK_EQ(getgroups(4, groups), 1);
	CHECK_EQ(groups[0], LAB);
	CHECK(open(DIR "/lab640", O_RDONLY) >= 0);
	CHECK_ERR(open(DIR "/lab640", O_WRONLY), EACCES);
	CHECK_EQ(access(DIR "/lab640", R_OK), 0);
	CHECK(open(DIR "/labdir/new", O_RDWR | O_CREAT, 0600) >= 0);
	CHECK_ERR(open(DIR "/lab607", O_RDONLY), EACCES);	/* only the group's bits count */
}

static void supplementary_groups_give_access(void)
{
	make_dir(DIR, 0755, 0, 0);
	make_dir(DIR "/labdir", 0770, 0, LAB);
	make_file(DIR "/lab640", 0640, 0, LAB);
	make_file(DIR "/lab607", 0607, 0, LAB);
	as_student(uses_the_group);
}

static void sticky_part(void)
{
	CHECK_ERR(unlink(DIR "/sticky/root"), EPERM);
	CHECK_ERR(rename(DIR "/sticky/root", DIR "/sticky/other"), EPERM);
	CHECK_EQ(unlink(DIR "/sticky/mine"), 0);
	CHECK_EQ(unlink(DIR "/open/root"), 0);		/* the directory has no sticky bit */
}

static void sticky_directories_keep_names(void)
{
	CHECK_EQ(mode_of("/tmp"), 01777);
	make_dir(DIR, 0755, 0, 0);
	make_dir(DIR "/sticky", 01777, 0, 0);
	make_dir(DIR "/open", 0777, 0, 0);
	make_file(DIR "/sticky/root", 0666, 0, 0);
	make_file(DIR "/sticky/mine", 0600, STUDENT, STUDENT);
	make_file(DIR "/open/root", 0600, 0, 0);
	as_student(sticky_part);
}

static void goes_where_it_may_only_read(void)
{
	int fd = open(DIR "/listed", O_RDONLY | O_DIRECTORY);

	CHECK(fd >= 0);
	CHECK_ERR(fchdir(fd), EACCES);
	CHECK_ERR(chdir(DIR "/listed"), EACCES);
	fd = open(DIR "/listed", O_PATH | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_ERR(fchdir(fd), EACCES);
}

static void a_descriptor_gives_no_right_to_search(void)
{
	make_dir(DIR, 0755, 0, 0);
	make_dir(DIR "/listed", 0744, 0, 0);
	as_student(goes_where_it_may_only_read);
}

/* Fields 28, 47..52 of /proc/PID/stat: addresses and exit code. */
static int addresses_in(const char *path)
{
	char text[1024] = "", *at;
	int fd = open(path, O_RDONLY), found = 0;

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	at = strrchr(text, ')') + 1;
	for (int field = 3; (at = strchr(at, ' ')); field++)
		found += strtoul(++at, NULL, 10) && (field == 28 || (field >= 47 && field <= 52));
	return found;
}

static void looks_for_addresses(void)
{
	char text[64] = "";
	int fd = open("/proc/1/wchan", O_RDONLY);

	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	CHECK(addresses_in("/proc/self/stat") >= 6);
	CHECK_EQ(addresses_in("/proc/1/stat"), 0);
	CHECK_EQ(addresses_in("/proc/1/task/1/stat"), 0);
	CHECK(read(fd, text, sizeof(text)) > 0);
	CHECK(!strcmp(text, "0") || !strcmp(text, "0\n"));
}

static void addresses_of_others_are_hidden(void)
{
	CHECK(addresses_in("/proc/1/stat") >= 6);
	as_student(looks_for_addresses);
}

/* ---- programs with another user ----------------------------------------------------- */

/*
 * A copy of this program runs report_ids(): which ids did exec give? Each bit of the exit status is one
 * fact.
 */
enum { IS_ROOT = 1, IS_SECURE = 2, IS_DUMPABLE = 4, HAS_SAVED_ROOT = 8, IN_LAB = 16, IS_CLOSED = 32 };

static int report_ids(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;
	int facts = 0;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	facts |= e == 0 ? IS_ROOT : 0;
	facts |= getauxval(AT_SECURE) ? IS_SECURE : 0;
	facts |= prctl(PR_GET_DUMPABLE) == 1 ? IS_DUMPABLE : 0;
	facts |= s == 0 ? HAS_SAVED_ROOT : 0;
	facts |= eg == LAB ? IN_LAB : 0;
	if (r != STUDENT || getauxval(AT_UID) != STUDENT || getauxval(AT_EUID) != e ||
	    getauxval(AT_EGID) != eg)
		return 99;
	/* The program may give up the ids that it gained, and take them back from the saved id. */
	if (e == 0 && (seteuid(STUDENT) || seteuid(0)))
		return 98;
	return facts;
}

static void copy_self(const char *to, mode_t mode, uid_t uid, gid_t gid)
{
	static char data[1 << 20];
	int from = open(self, O_RDONLY), fd;
	ssize_t n;

	unlink(to);
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	CHECK(from >= 0 && fd >= 0);
	while ((n = read(from, data, sizeof(data))) > 0)
		CHECK_EQ(write(fd, data, n), n);
	close(from);
	close(fd);
	CHECK_EQ(chown(to, uid, gid), 0);
	CHECK_EQ(chmod(to, mode), 0);
}

/* The facts that the program at @path reports when student executes it. */
static int facts_of(const char *path, bool no_new_privs, bool traced)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		become_student();
		if (no_new_privs)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (traced) {
			/* The tracer has no more rights than student. */
			pid_t child = fork();

			if (child == 0) {
				if (trace(PTRACE_TRACEME, 0, 0, 0))
					_exit(97);
				execl(path, path, "--report", NULL);
				_exit(96);
			}
			status = trace_wait(child);
			status = trace_end(child);
			_exit(WEXITSTATUS(status));
		}
		execl(path, path, "--report", NULL);
		_exit(96);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void setuid_programs_change_the_user(void)
{
	make_dir(DIR, 0755, 0, 0);
	copy_self(DIR "/plain", 0755, 0, 0);
	CHECK_EQ(facts_of(DIR "/plain", false, false), IS_DUMPABLE);
	copy_self(DIR "/setuid", 04755, 0, 0);
	CHECK_EQ(facts_of(DIR "/setuid", false, false), IS_ROOT | IS_SECURE | HAS_SAVED_ROOT);
	copy_self(DIR "/setgid", 02755, 0, LAB);
	CHECK_EQ(facts_of(DIR "/setgid", false, false), IS_SECURE | IN_LAB);
}

static void setuid_has_no_effect_for_tracees_scripts_and_no_new_privs(void)
{
	int fd;

	make_dir(DIR, 0755, 0, 0);
	copy_self(DIR "/setuid", 04755, 0, 0);
	CHECK_EQ(facts_of(DIR "/setuid", true, false), IS_DUMPABLE);
	CHECK_EQ(facts_of(DIR "/setuid", false, true), IS_DUMPABLE);
	/* Set-id bits have no effect on a script, because the user that runs the script could exchange it. */
	copy_self(DIR "/plain", 0755, 0, 0);
	unlink(DIR "/script");
	fd = open(DIR "/script", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK(fd >= 0);
	dprintf(fd, "#!" DIR "/plain --report\n");
	close(fd);
	CHECK_EQ(chmod(DIR "/script", 04755), 0);
	CHECK_EQ(facts_of(DIR "/script", false, false), IS_DUMPABLE);
	copy_self(DIR "/noexec", 0644, 0, 0);
	CHECK_EQ(facts_of(DIR "/noexec", false, false), 96);
}

/* ---- programs that may be executed but not read ---------------------------------------- */

/* A traced child that has just executed the program at @path. */
static pid_t traced_program(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		execl(path, path, "--report", NULL);
		_exit(96);
	}
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGTRAP));
	return pid;
}

/* 0, or the errno that a tracer gets when it reads the memory of the process of @path. */
static int peek_error(const char *path, int exe_error)
{
	struct user_regs_struct regs;
	unsigned long word;
	pid_t pid = traced_program(path);
	char exe[32], target[64];
	int error;

	CHECK_EQ(trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs), 0);
	error = trace(PTRACE_PEEKDATA, pid, regs.rsp, (unsigned long)&word) ? errno : 0;
	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	CHECK_EQ(readlink(exe, target, sizeof(target)) > 0 ? 0 : errno, exe_error);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(trace_wait(pid), SIGKILL);
	return error;
}

static void student_tries_to_read_programs(void)
{
	CHECK_ERR(open(DIR "/only", O_RDONLY), EACCES);
	CHECK_ERR(open(DIR "/only", O_RDONLY | 040), EACCES);	/* the flag that exec uses inside the kernel */
	CHECK_EQ(peek_error(DIR "/plain", 0), 0);
	CHECK_EQ(peek_error(DIR "/only", EACCES), EIO);
}

static void a_program_can_be_executed_without_being_readable(void)
{
	make_dir(DIR, 0755, 0, 0);
	copy_self(DIR "/plain", 0755, 0, 0);
	copy_self(DIR "/only", 0711, 0, 0);
	CHECK_EQ(facts_of(DIR "/plain", false, false), IS_DUMPABLE);
	CHECK_EQ(facts_of(DIR "/only", false, false), 0);
	as_student(student_tries_to_read_programs);
	copy_self(DIR "/only", 0744, 0, 0);
	CHECK_EQ(facts_of(DIR "/only", false, false), 96);
}

int main(int argc, char *argv[])
{
	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "--report"))
		return report_ids();
	TAP_TEST(student_has_an_entry_and_a_home);
	TAP_TEST(student_may_not_change_the_system);
	TAP_TEST(student_may_not_write_control_files);
	TAP_TEST(student_sees_its_own_processes_only);
	TAP_TEST(student_may_not_signal_others);
	TAP_TEST(memory_from_before_setuid_is_not_shown);
	TAP_TEST(modes_of_files_are_kept);
	TAP_TEST(supplementary_groups_give_access);
	TAP_TEST(sticky_directories_keep_names);
	TAP_TEST(a_descriptor_gives_no_right_to_search);
	TAP_TEST(addresses_of_others_are_hidden);
	TAP_TEST(setuid_programs_change_the_user);
	TAP_TEST(setuid_has_no_effect_for_tracees_scripts_and_no_new_privs);
	TAP_TEST(a_program_can_be_executed_without_being_readable);
	if (system("rm -rf " DIR))
		return 2;
	return tap_done();
}
