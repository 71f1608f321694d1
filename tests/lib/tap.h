/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap.h - the report of a test program, as TAP lines on stdout, for guest suites and host unit
 * tests.
 *
 *	static void read_returns_what_was_written(void)
 *	{
 *		...
 *		CHECK_EQ(read(fd, buffer, 7), 7);
 *	}
 *	int main(void)
 *	{
 *		TAP_TEST(read_of_empty_pipe_blocks);
 *		return tap_done();
 *	}
 *
 * A test is a function whose name is the claim that it proves. The test runs in a forked child, so that
 * neither a crash nor leftovers reach the next test. It fails at the first CHECK that is not true, or when
 * the child dies. No clock ends a test: the runner finds a guest that makes no progress, and ends it with
 * the stacks of all tasks (tests/lib/progress.py). TAP_TEST_INLINE runs a test in the program's own process.
 * tap_done() prints the plan: a suite without a plan has failed. All randomness comes from the seed TAP_SEED.
 * With TAP_TOKEN in the environment, each result and the plan end with the token. With TAP_ONLY only the
 * TAP_TESTs run that it names, separated by blanks (labs/lib/grading.py).
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAP_SKIPPED	77

static int tap_count, tap_failed;
/* Removes what a failed test has left; NULL: a test can leave nothing that affects other tests. */
static void (*tap_after_failure)(void);

/*
 * The end of each result and of the plan: " #" and TAP_TOKEN, or nothing. The runner does not count a line
 * without the token that it has asked for.
 */
static inline const char *tap_token(void)
{
	static char token[40];
	const char *text = getenv("TAP_TOKEN");

	if (text && !*token)
		snprintf(token, sizeof(token), " #%s", text);
	return token;
}

/* Prints a line with one write(), because the kernel's messages go to the same console. */
static inline void tap_line(const char *format, ...)
{
	char line[512];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length < 0)
		return;
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	fflush(stdout);
	while (write(STDOUT_FILENO, line, length) < 0 && errno == EINTR)
		;
}

static inline void tap_result(int passed, const char *name, const char *comment)
{
	tap_count++;
	tap_failed += !passed;
	tap_line("%sok %d - %s%s%s", passed ? "" : "not ", tap_count, name, comment, tap_token());
}

static inline unsigned long tap_seed(void)
{
	const char *text = getenv("TAP_SEED");

	return text ? strtoul(text, NULL, 0) : 1;
}

#define CHECK_FAIL(...)								\
	do {									\
		tap_line("# " __FILE__ ":" TAP_STRING(__LINE__) ": " __VA_ARGS__);	\
		_exit(1);							\
	} while (0)
#define TAP_STRING(x)	TAP_STRING_(x)
#define TAP_STRING_(x)	#x

#define CHECK(condition)							\
	do {									\
		if (!(condition))						\
			CHECK_FAIL("not true: %s (errno %d)", #condition, errno);	\
	} while (0)
#define CHECK_EQ(left, right)							\
	do {									\
		long long left_ = (long long)(left), right_ = (long long)(right);	\
		if (left_ != right_)						\
			CHECK_FAIL("%s is %lld, expected %s = %lld (errno %d)",		\
				   #left, left_, #right, right_, errno);		\
	} while (0)
/* Checks that the call fails with this errno. */
#define CHECK_ERR(call, error)							\
	do {									\
		errno = 0;							\
		long long got_ = (long long)(call);				\
		if (got_ != -1 || errno != (error))				\
			CHECK_FAIL("%s returned %lld with errno %d, expected -1 with %s",	\
				   #call, got_, errno, #error);			\
	} while (0)
#define CHECK_STR(left, right)							\
	do {									\
		const char *left_ = (left), *right_ = (right);			\
		if (strcmp(left_, right_))					\
			CHECK_FAIL("%s is \"%s\", expected \"%s\"", #left, left_, right_);	\
	} while (0)

/* Ends the test, and reports it as skipped. */
static inline void tap_skip(const char *why)
{
	tap_line("# skipped: %s", why);
	_exit(TAP_SKIPPED);
}

static inline void tap_report(const char *name, int status)
{
	char comment[64] = "";

	if (WIFSIGNALED(status))
		snprintf(comment, sizeof(comment), " # died of signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == TAP_SKIPPED)
		snprintf(comment, sizeof(comment), " # SKIP");
	else if (status)
		snprintf(comment, sizeof(comment), " # status %d", WEXITSTATUS(status));
	tap_result(!status || (WIFEXITED(status) && WEXITSTATUS(status) == TAP_SKIPPED), name,
		   comment);
}

static inline int tap_wanted(const char *name)
{
	const char *only = getenv("TAP_ONLY"), *at = only;
	size_t length = strlen(name);

	while (at && (at = strstr(at, name))) {
		if ((at == only || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return 1;
		at += length;
	}
	return !only;
}

static inline void tap_run(const char *name, void (*test)(void))
{
	int status = -1, failed = tap_failed;
	pid_t child;

	if (!tap_wanted(name))
		return;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		test();
		fflush(stdout);
		_exit(0);
	}
	if (child < 0) {
		tap_result(0, name, " # fork failed");
		return;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	tap_report(name, status);
	if (tap_failed != failed && tap_after_failure)
		tap_after_failure();
}

#define TAP_TEST(function)	tap_run(#function, function)

/* Runs the test in this process: a CHECK that fails ends the suite, which then has no plan and has failed. */
#define TAP_TEST_INLINE(function)						\
	do {									\
		function();							\
		tap_result(1, #function, "");					\
	} while (0)

static inline int tap_done(void)
{
	tap_line("1..%d%s", tap_count, tap_token());
	return tap_failed != 0;
}

#endif
