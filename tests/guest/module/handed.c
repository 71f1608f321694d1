/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handed.c - wrong objects that a module passes to the kernel. The call refuses the object, and one line
 * of the log names the fault. No function of the object is called, now or after the module is unloaded.
 */
#define _GNU_SOURCE
#include "klp_clean.h"

#define INIT	"in init memory, which goes away (__init, __initdata)"

/* The number of lines of the log that contain @text. */
static int lines_with(const char *text)
{
	int count = 0;

	for (const char *at = klp_log(), *end; (end = strchr(at, '\n')); at = end + 1)
		count += memmem(at, end - at, text, strlen(text)) != NULL;
	return count;
}

static void refused(const char *flaw, int error, int lines, const char *line)
{
	char args[64];

	klp_log_clear();
	snprintf(args, sizeof(args), "flaw=%s", flaw);
	if (insmod_args("tm_handed", args) != error)
		CHECK_FAIL("%s: not refused with errno %d", flaw, error);
	if (lines_with(line) != lines || lines_with("] ") != lines)
		CHECK_FAIL("%s: the log does not report it in %d lines:\n%s", flaw, lines, klp_log());
	CHECK(access("/sys/tm_handed", F_OK) != 0 && access("/proc/tm_handed", F_OK) != 0);
	CHECK(access("/sys/module/tm_handed", F_OK) != 0);
}

static void correct_objects_are_accepted(void)
{
	klp_log_clear();
	CHECK_EQ(insmod_args("tm_handed", "flaw=none"), ECANCELED);
	CHECK_EQ(lines_with("] "), 0);
}

static void probes(void)
{
	refused("probe_dirty", EINVAL, 0, "no line: it was registered, and the second time refused");
	refused("probe_init", EINVAL, 1, "is " INIT);
	refused("probe_const", EINVAL, 1, "in memory that cannot be written (const)");
	refused("probe_wild", EINVAL, 1, "the struct kprobe at 6b6b6b6b6b6b6b6b is no memory of the kernel");
	refused("probe_name", EINVAL, 1, "symbol_name of kprobe probe");
	refused("probe_init_handler", EINVAL, 1, "pre_handler of kprobe probe [tm_handed] is " INIT);
	refused("probe_data_handler", EINVAL, 1, "post_handler of kprobe probe [tm_handed] is data");
}

static void files_of_proc(void)
{
	refused("proc_no_show", ENOENT, 1, "file of /proc has no function: not taken");
	refused("proc_init_show", ENOENT, 1, "its function init_show [tm_handed] is " INIT);
	refused("proc_data_show", ENOENT, 1, "its function bytes [tm_handed] is data");
	refused("proc_wild_name", ENOENT, 1, "proc: the name of a file is no string");
	refused("proc_empty", ENOENT, 1, "proc: cannot create '' (-22)");
	refused("proc_dots", ENOENT, 1, "proc: cannot create '..' (-22)");
	refused("proc_slash", ENOENT, 1, "proc: cannot create 'a/b' (-22)");
}

static void objects_and_their_files(void)
{
	refused("object_raw", EINVAL, 1, "it was not initialised (kobject_init)");
	refused("object_no_type", EINVAL, 1, "it has no type that stays (ktype)");
	refused("object_init_type", EINVAL, 1, "it has no type that stays (ktype)");
	refused("object_release", EINVAL, 1, "release of its type is no function that stays");
	refused("object_ops", EINVAL, 1, "show or store of its type is no function that stays");
	refused("object_show", EINVAL, 1, "show or store of its type is no function that stays");
	refused("object_slash", EINVAL, 1, "no directory can have its name");
	refused("object_empty", EINVAL, 1, "no directory can have its name");
	refused("attr_initdata", EINVAL, 1, "a file is no attribute that stays");
	refused("attr_wild", EINVAL, 1, "a file is no attribute that stays");
	refused("attr_init_show", EINVAL, 1, "show or store of a file is no function that stays");
	refused("attr_data_store", EINVAL, 1, "show or store of a file is no function that stays");
	refused("attr_name", EINVAL, 1, "the name of a file is no string");
	refused("attr_slash", EINVAL, 1, "a file has an impossible name");
}

/* The module passes each wrong work to three functions of the kernel, so the log has three lines. */
static void works_timers_and_threads(void)
{
	refused("work_none", EINVAL, 3, " has no function: not taken");
	refused("work_init", EINVAL, 3, "work work [tm_handed]: its function init_work [tm_handed] is " INIT);
	refused("work_data", EINVAL, 3, "work work [tm_handed]: its function bytes [tm_handed] is data");
	refused("work_initdata", EINVAL, 1, "work work_initdata [tm_handed] is " INIT);
	refused("timer_none", EINVAL, 1, "timer timer [tm_handed] has no function: not taken");
	refused("timer_init", EINVAL, 1, "its function init_timer [tm_handed] is " INIT);
	refused("timer_data", EINVAL, 1, "its function bytes [tm_handed] is data");
	refused("timer_initdata", EINVAL, 1, "timer timer_initdata [tm_handed] is " INIT);
	refused("thread_none", EINVAL, 1, " has no function: not taken");
	refused("thread_init", EINVAL, 1, "its function init_thread [tm_handed] is " INIT);
	refused("thread_data", EINVAL, 1, "its function bytes [tm_handed] is data");
}

static void shadow_variables(void)
{
	refused("shadow_ctor", ENOMEM, 1, "its function init_ctor [tm_handed] is " INIT);
	refused("shadow_dtor", EINVAL, 2, "its function bytes [tm_handed] is data");
}

static void parameters(void)
{
	klp_log_clear();
	CHECK_EQ(insmod("tm_param_init"), ENOEXEC);
	CHECK_EQ(lines_with("tm_param_init: operations or variable that are none, or go away with init, "
			    "of parameter gone"), 1);
	CHECK_EQ(insmod("tm_param_ops"), ENOEXEC);
	CHECK_EQ(lines_with("of parameter nothing"), 1);
	CHECK_EQ(lines_with("] "), 2);
}

int main(void)
{
	KLP_TEST(correct_objects_are_accepted);
	KLP_TEST(probes);
	KLP_TEST(files_of_proc);
	KLP_TEST(objects_and_their_files);
	KLP_TEST(works_timers_and_threads);
	KLP_TEST(shadow_variables);
	KLP_TEST(parameters);
	return tap_done();
}
