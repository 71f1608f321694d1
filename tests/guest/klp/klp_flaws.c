/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_flaws.c - wrong patches. Each is refused before any change, with one line in the log, and the
 * kernel continues. klp_enable.c tests wrong names and symbols.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define FLAWS	"klp_flaws"
#define INIT	"in init memory, which goes away (__init, __initdata)"
#define CONST	"in memory that cannot be written (const)"
#define NONE	"no memory of the kernel"
#define OWN	": it must be a function of module klp_flaws\n"
#define FUNC	"new_func of function 'cmdline_proc_show' of object 'vmlinux' is "

/* Checks that insmod fails with @error and that the log has @line. A '*' ends the comparison, before an address. */
static void refused(const char *args, int error, const char *line)
{
	klp_log_clear();
	if (insmod_args(FLAWS, args) != error)
		CHECK_FAIL("%s: not refused with errno %d", args, error);
	if (strchr(line, '*'))
		CHECK(strncmp(story(), line, strchr(line, '*') - line) == 0 &&
		      strchr(story(), '\n')[1] == '\0');
	else
		STORY(line);
	CHECK(!klp_exists(FLAWS));
	CHECK(access("/sys/module/" FLAWS, F_OK) != 0);
	CHECK(strstr(klp_log(), "WARNING") == NULL);
}

static void tables_must_lie_in_the_module_and_have_an_end(void)
{
	refused("flaw=wild_patch", EINVAL, "the struct klp_patch at *");
	refused("flaw=init_patch", EINVAL, "the struct klp_patch at *");
	refused("flaw=const_patch", EINVAL, "the struct klp_patch at *");
	refused("flaw=wild_objs", EINVAL, "the objects of patch 'klp_flaws' are " NONE "\n");
	refused("flaw=user_objs", EINVAL, "the objects of patch 'klp_flaws' are " NONE "\n");
	refused("flaw=init_objs", EINVAL, "the objects of patch 'klp_flaws' are " INIT "\n");
	refused("flaw=const_objs", EINVAL, "the objects of patch 'klp_flaws' are " CONST "\n");
	refused("flaw=open_objs", EINVAL,
		"the objects of patch 'klp_flaws' do not end with an empty entry { }\n");
	refused("flaw=odd_objs", EINVAL,
		"the objects of patch 'klp_flaws' are not at a multiple of 8\n");
	refused("flaw=wild_funcs", EINVAL, "the functions of object 'vmlinux' are " NONE "\n");
	refused("flaw=text_funcs", EINVAL, "the functions of object 'vmlinux' are code\n");
	refused("flaw=init_funcs", EINVAL, "the functions of object 'vmlinux' are " INIT "\n");
	refused("flaw=const_funcs", EINVAL, "the functions of object 'vmlinux' are " CONST "\n");
	refused("flaw=open_funcs", EINVAL,
		"the functions of object 'vmlinux' do not end with an empty entry { }\n");
	refused("flaw=wild_states", EINVAL, "the states of patch 'klp_flaws' are " NONE "\n");
	refused("flaw=init_states", EINVAL, "the states of patch 'klp_flaws' are " INIT "\n");
	refused("flaw=open_states", EINVAL,
		"the states of patch 'klp_flaws' do not end with an empty entry { }\n");
	refused("flaw=twice_states", EEXIST, "state 1 of patch 'klp_flaws' is listed twice\n");
}

static void mod_must_be_the_module_that_calls(void)
{
	refused("flaw=wild_mod", EINVAL, "mod of the patch at *");
	CHECK_EQ(insmod("klp_target"), 0);
	refused("flaw=other_mod", EINVAL, "mod of the patch at *");
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void names_must_be_strings_outside_of_init_memory(void)
{
	refused("flaw=wild_object_name", EINVAL, "an object of patch 'klp_flaws' has a name that is no string\n");
	refused("flaw=wild_name", EINVAL,
		"function '?' of object 'vmlinux' needs new_func, and a name shorter than 512\n");
	refused("flaw=init_name", EINVAL,
		"function '?' of object 'vmlinux' needs new_func, and a name shorter than 512\n");
}

#define OBJECT(name)	"object '" name "' (function 'cmdline_proc_show') of patch 'klp_flaws': "

/* Without the refusal the patch would wait, without a message, for a module that cannot exist. */
static void names_that_no_module_or_function_can_have_are_refused(void)
{
	char args[400] = "flaw=func_name name=", *end = args + strlen(args);

	refused("flaw=object_name name=", EINVAL, OBJECT("") "no module has this name\n");
	refused("flaw=object_name name=..", EINVAL, OBJECT("..") "no module has this name\n");
	refused("flaw=object_name name=a/b", EINVAL, OBJECT("a/b") "no module has this name\n");
	refused("flaw=object_name name=a+b", EINVAL, OBJECT("a+b") "no module has this name\n");
	refused("flaw=object_name name=klp_target.ko", EINVAL,
		OBJECT("klp_target.ko") "the name of a module has no .ko\n");
	refused("flaw=object_name name=klp-target", EINVAL,
		OBJECT("klp-target") "the name of a module has _ where its file has -\n");
	refused("flaw=object_name name=vmlinux", EINVAL,
		OBJECT("vmlinux") "the kernel is the object whose name is NULL\n");
	refused("flaw=second_object name=vmlinux", EINVAL,
		"object 'vmlinux' (function 'none') of patch 'klp_flaws': the kernel is the object whose name is NULL\n");
	refused("flaw=func_name name=", EINVAL, "function '' of object 'vmlinux': no function has this name\n");
	refused("flaw=func_name name=../enabled", EINVAL,
		"function '../enabled' of object 'vmlinux': no function has this name\n");
	memset(end, 'x', 254);
	refused(args, EINVAL, "function 'xxxxxxxxxxxxxxxx*");
	CHECK(strstr(klp_log(), "name and position are longer than 255"));
	end[253] = '\0';
	refused(args, EINVAL, "symbol 'xxxxxxxxxxxxxxxx*");
}

#define TELLS(callback) \
	"module klp_flaws: not from a callback of a patch: patches and modules wait until it has returned\n" \
	"klp_flaws: " callback ": patch -35, probe 0\n"

/* A callback delays the enabling task. In a callback, enabling a patch fails with an errno; setting a probe works. */
static void a_callback_that_enables_a_patch_gets_an_errno(void)
{
	klp_log_clear();
	CHECK_EQ(insmod_args(FLAWS, "flaw=ask"), 0);
	klp_wait(FLAWS);
	klp_unload(FLAWS);
	STORY(ENABLING(FLAWS) TELLS("pre_patch") STARTING(FLAWS, "patching") COMPLETING(FLAWS, "patching")
	      TELLS("post_patch") COMPLETE(FLAWS, "patching") INITIALIZING(FLAWS, "unpatching")
	      TELLS("pre_unpatch") STARTING(FLAWS, "unpatching") COMPLETING(FLAWS, "unpatching")
	      TELLS("post_unpatch") COMPLETE(FLAWS, "unpatching"));
}

static void new_functions_must_be_functions_of_the_module(void)
{
	refused("flaw=init_func", EINVAL, FUNC INIT OWN);
	refused("flaw=data_func", EINVAL, FUNC "data" OWN);
	refused("flaw=wild_func", EINVAL, FUNC NONE OWN);
	refused("flaw=user_func", EINVAL, FUNC NONE OWN);
	/* If a patch replaced this function of the kernel, it would be old and new at the same time. */
	refused("flaw=kernel_func", EINVAL, FUNC "a function of the kernel or of another module" OWN);
	refused("flaw=inside_func", ENOENT, "kallsyms size lookup failed for 'cmdline_proc_show' replacement\n");
}

static void callbacks_must_be_functions_of_the_module(void)
{
	refused("flaw=init_callback", EINVAL, "callback pre_patch of object 'vmlinux' is " INIT "\n");
	refused("flaw=data_callback", EINVAL, "callback post_patch of object 'vmlinux' is data\n");
	refused("flaw=wild_callback", EINVAL, "callback pre_unpatch of object 'vmlinux' is " NONE "\n");
	refused("flaw=inside_callback", EINVAL,
		"callback post_unpatch of object 'vmlinux' is inside code, where no function begins\n");
}

/* Values that the author put into the private fields of the core have no effect, in a good or a wrong patch. */
static void private_fields_are_ignored(void)
{
	refused("flaw=private_unknown", EINVAL, "symbol 'no_such_function' not found in symbol table\n");
}

static void correct_patches_are_accepted(void)
{
	static const char *const right[] = { "flaw=none", "flaw=heap", "flaw=private", "flaw=good_callback" };
	char text[4096];

	for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		CHECK_EQ(insmod_args(FLAWS, right[i]), 0);
		klp_wait(FLAWS);
		CHECK_STR(slurp("/proc/cmdline", text, sizeof(text)), "patched");
		klp_unload(FLAWS);
		CHECK(strcmp(slurp("/proc/cmdline", text, sizeof(text)), "patched") != 0);
	}
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(tables_must_lie_in_the_module_and_have_an_end);
	TAP_TEST(mod_must_be_the_module_that_calls);
	TAP_TEST(names_must_be_strings_outside_of_init_memory);
	TAP_TEST(names_that_no_module_or_function_can_have_are_refused);
	TAP_TEST(a_callback_that_enables_a_patch_gets_an_errno);
	TAP_TEST(new_functions_must_be_functions_of_the_module);
	TAP_TEST(callbacks_must_be_functions_of_the_module);
	TAP_TEST(private_fields_are_ignored);
	TAP_TEST(correct_patches_are_accepted);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
