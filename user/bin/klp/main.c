/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - the command line of klp: commands, options, help.  The commands themselves are in
 * show.c, change.c, check.c, timeline.c and watch.c.
 *
 * Exit status: 0 done; 1 the kernel refused or the patch is not there; 2 wrong usage; 3 tasks
 * are or would be in the way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "klp.h"

enum { TAKES_WAIT = 1, TAKES_DEADLINE = 2, TAKES_WATCH = 4, TAKES_FORMAT = 8 };
/* The words that follow: none, a patch, or a file and any others. */
enum shape { ALONE, ONE_PATCH, WORDS };

struct command {
	const char *name, *words;	/* what follows it, for the help */
	enum shape shape;
	unsigned takes;
	const char *line, *more;	/* help in one line, and the rest of the help */
};

static const struct command commands[] = {
	{ "list", "", ALONE, 0, "loaded patches, their functions, available modules",
	  "Available modules are the files in " MODULES ".\n" },
	{ "status", "", ALONE, 0, "one line for each loaded patch",
	  "States: being applied, applied, being taken back, off.\n" },
	{ "new", "FUNCTION [FILE.c]", WORDS, 0,
	  "write a file with a function of the kernel, to edit it",
	  "The file gets the source of the function, its includes and the declarations that\n"
	  "it uses.  The default is FUNCTION.c.  For a system call, use its name: getppid.\n" },
	{ "build", "FILE.c [MODULE.ko]", WORDS, 0, "make a module of a C file",
	  "If the kernel has a function with the name of a function in the file, the new one\n"
	  "replaces it.  If the file has no includes, klp adds what its functions need.  A\n"
	  "file with module_init() is built unchanged.\n" },
	{ "apply", "FILE.c", WORDS, TAKES_DEADLINE,
	  "build a patch, load it, and wait until it is applied",
	  "If FILE.c is applied again after another edit, the new patch replaces the old.\n" },
	{ "check", "FILE | [OBJECT:]FUNCTION...", WORDS, TAKES_WATCH,
	  "the tasks that would block a patch if it were loaded now",
	  "Asks the kernel about each function that the patch replaces; nothing is loaded.\n"
	  "--watch repeats the check for this time, and prints for each function the number\n"
	  "of tasks in it and the longest stay.  Status 3: a task would block the patch.\n" },
	{ "load", "FILE [PARAM=VALUE]...", WORDS, TAKES_WAIT | TAKES_DEADLINE,
	  "load a patch module and start its transition",
	  "FILE without a slash is looked up in " MODULES ", too, and .ko may be left out.\n" },
	{ "disable", "NAME", ONE_PATCH, TAKES_WAIT | TAKES_DEADLINE, "take a patch back",
	  "With --wait, until `rmmod NAME` may remove the module.\n" },
	{ "unload", "NAME", ONE_PATCH, TAKES_DEADLINE,
	  "take a patch back, wait, and remove its module", "" },
	{ "enable", "NAME", ONE_PATCH, TAKES_WAIT | TAKES_DEADLINE,
	  "reverse the transition of a patch that is being taken back",
	  "A patch that has been taken back completely must be loaded again.\n" },
	{ "wait", "NAME", ONE_PATCH, TAKES_DEADLINE, "wait until no transition of NAME runs", "" },
	{ "why", "NAME", ONE_PATCH, 0,
	  "the tasks that block the transition of NAME, and why",
	  "A line for each task: pid, name, CPU, state, reason, time.\n" },
	{ "watch", "NAME", ONE_PATCH, 0, "the transition of NAME while it runs, like top",
	  "Shows the number of tasks that are left, its decrease, and the blocking tasks.\n" },
	{ "timeline", "[NAME]", WORDS, TAKES_FORMAT,
	  "the last transition, task by task",
	  "--html writes one file, a page for a browser; --json writes trace events for\n"
	  "ui.perfetto.dev.  Without NAME: the last transition of any patch.\n" },
	{ "signal", "NAME", ONE_PATCH, 0, "make all blocking tasks leave the kernel now",
	  "Their system calls start again, and programs do not notice this.\n" },
	{ "force", "NAME", ONE_PATCH, 0, "end the transition without the blocking tasks",
	  "These tasks may still return into old functions, so the memory of the old\n"
	  "functions is never freed.\n" },
	{ "help", "[COMMAND]", WORDS, 0, "this text, or more about a command", "" },
};

static const char notes[] =
	"NAME is the module's name, or a file name such as livepatch-sample.ko.\n";
static const char option_help[] =
	"  --wait           wait until every task has changed over; a terminal shows the rest\n"
	"  --deadline TIME  wait at most for 500ms, 10s, 2m; status 3 if tasks are left\n"
	"  --else WHAT      the action after the deadline: reverse, signal, or force\n";

static const struct command *find_command(const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(word, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int wrong_usage(const char *fmt, const char *word)
{
	complain(fmt, word);
	fputs("usage: klp COMMAND [NAME]; `klp help` lists the commands\n", stderr);
	return USAGE;
}

static int help(const char *word)
{
	const struct command *c = word ? find_command(word) : NULL;

	if (word && !c)
		return wrong_usage("no command \"%s\"", word);
	if (c) {
		printf("usage: klp %s %s%s%s%s\n%s.\n%s", c->name, c->words,
		       c->takes & TAKES_WAIT ? " [--wait]" : "",
		       c->takes & TAKES_DEADLINE ? " [--deadline TIME [--else WHAT]]" : "",
		       c->takes & TAKES_WATCH ? " [--watch SECONDS]" :
		       c->takes & TAKES_FORMAT ? " [--html | --json]" : "", c->line, c->more);
		if (c->takes & TAKES_DEADLINE)
			fputs(option_help, stdout);
		return DONE;
	}
	puts("usage: klp COMMAND");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		printf("  %-8s %-28s %s\n", commands[i].name, commands[i].words, commands[i].line);
	printf("options of load, enable, disable, unload and wait:\n%s%s", option_help, notes);
	return DONE;
}

/* ---- options ---------------------------------------------------------------------------- */

/* "500ms", "2s", "1m", or seconds: milliseconds, or -1. */
static long parse_time(const char *text)
{
	char *end;
	double number = strtod(text, &end);
	double unit = strcmp(end, "ms") == 0 ? 1 : strcmp(end, "m") == 0 ? 60000 :
		      strcmp(end, "s") == 0 || !*end ? 1000 : -1;

	if (end == text || number < 0 || unit < 0 || number * unit > 1e9)
		return -1;
	return (long)(number * unit);
}

/* Parses one option.  Returns its number of words (two with a value); 0: unknown; -1: bad value. */
static int take_option(const struct command *c, char **words, int count, struct options *options)
{
	static const char *const fallbacks[] = { "reverse", "signal", "force" };
	const char *value = count > 1 ? words[1] : "";

	if (strcmp(words[0], "--wait") == 0 && (c->takes & TAKES_WAIT)) {
		options->wait = true;
		return 1;
	}
	if (strcmp(words[0], "--html") == 0 && (c->takes & TAKES_FORMAT)) {
		options->format = FORMAT_HTML;
		return 1;
	}
	if (strcmp(words[0], "--json") == 0 && (c->takes & TAKES_FORMAT)) {
		options->format = FORMAT_JSON;
		return 1;
	}
	if (strcmp(words[0], "--deadline") == 0 && (c->takes & TAKES_DEADLINE)) {
		options->wait = true;
		options->deadline_ms = parse_time(value);
		return options->deadline_ms < 0 ? -1 : 2;
	}
	if (strcmp(words[0], "--watch") == 0 && (c->takes & TAKES_WATCH)) {
		options->watch_ms = parse_time(value);
		return options->watch_ms < 0 ? -1 : 2;
	}
	if (strcmp(words[0], "--else") != 0 || !(c->takes & TAKES_DEADLINE))
		return 0;
	for (int i = 0; i < 3; i++)
		if (strcmp(value, fallbacks[i]) == 0)
			options->fallback = FALLBACK_REVERSE + i;
	return options->fallback ? 2 : -1;
}

/* Takes the options out of the @count words, at any position.  Returns the rest's number, or -1. */
static int take_options(const struct command *c, char **words, int count, struct options *options)
{
	int left = 0, used;

	for (int i = 0; i < count; i += used) {
		used = 1;
		if (strncmp(words[i], "--", 2) != 0) {
			words[left++] = words[i];
			continue;
		}
		used = take_option(c, words + i, count - i, options);
		if (used <= 0) {
			wrong_usage(used ? "option \"%s\" lacks a value that it understands"
					 : "no option \"%s\" here", words[i]);
			return -1;
		}
	}
	if (options->fallback && options->deadline_ms < 0) {
		wrong_usage("%s: --else says what to do after --deadline TIME", c->name);
		return -1;
	}
	return left;
}

/* ---- commands --------------------------------------------------------------------------- */

/* Commands about one patch. */
static int about_patch(const char *command, const char *patch, const struct options *options)
{
	if (strcmp(command, "enable") == 0)
		return cmd_enable(patch, options);
	if (strcmp(command, "disable") == 0)
		return cmd_disable(patch, options);
	if (strcmp(command, "unload") == 0)
		return cmd_unload(patch, options);
	if (strcmp(command, "wait") == 0)
		return check_loaded(patch) ? wait_settled(patch, options) : REFUSED;
	if (strcmp(command, "why") == 0)
		return cmd_why(patch);
	if (strcmp(command, "watch") == 0)
		return cmd_watch(patch);
	return cmd_poke(patch, command);	/* signal and force are files of the kernel */
}

static int run(const struct command *c, char **words, int count, const struct options *options)
{
	char patch[NAME_BYTES];

	if (c->shape == ALONE) {
		if (count)
			return wrong_usage("%s takes no argument", c->name);
		return strcmp(c->name, "list") == 0 ? cmd_list() : cmd_status();
	}
	if (strcmp(c->name, "help") == 0)
		return help(count ? words[0] : NULL);
	if (strcmp(c->name, "timeline") == 0 && count < 2) {
		if (count)
			module_name(patch, words[0]);
		return cmd_timeline(count ? patch : NULL, options);
	}
	if (!count)
		return wrong_usage(strcmp(c->name, "new") == 0 ? "%s: which function?" :
				   strcmp(c->name, "build") == 0 || strcmp(c->name, "apply") == 0 ?
				   "%s: which file?" : "%s: which patch?", c->name);
	if (strcmp(c->name, "load") == 0)
		return cmd_load(words[0], words + 1, count - 1, options);
	if (strcmp(c->name, "check") == 0)
		return cmd_check(words, count, options);
	if (strcmp(c->name, "new") == 0 && count < 3)
		return cmd_new(words[0], count > 1 ? words[1] : NULL);
	if (strcmp(c->name, "build") == 0 && count < 3)
		return cmd_build(words[0], count > 1 ? words[1] : NULL);
	if (strcmp(c->name, "apply") == 0 && count == 1)
		return cmd_apply(words[0], options);
	if (count != 1)
		return wrong_usage("%s: too many arguments", c->name);
	module_name(patch, words[0]);
	return about_patch(c->name, patch, options);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";
	struct options options = { .deadline_ms = -1 };
	const struct command *c;
	int count;

	setvbuf(stdout, NULL, _IOFBF, 4096);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	c = find_command(word);
	if (!c)
		return wrong_usage("no command \"%s\"", word);
	count = take_options(c, argv + 2, argc > 2 ? argc - 2 : 0, &options);
	return count < 0 ? USAGE : run(c, argv + 2, count, &options);
}
