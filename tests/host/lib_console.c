/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib_console.c - the console of kernel/base/console.c: a terminal driver that writes bytes, the kernel's
 * messages in between, and what a reader of the serial line sees.
 *
 * sources: kernel/lib/console_line.c
 * flags: -idirafter include -pthread -DNEURATH_STRING_H -include string.h
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
/* Definitions in place of kernel headers that include too much. */
#define NEURATH_ARCH_H
#define NEURATH_PRINTK_H
#define NEURATH_SYSCALL_H
#define NEURATH_TASK_H
#define NEURATH_TIMER_H
#define NEURATH_WAIT_H
#define NEURATH_UACCESS_H
#include <neurath/types.h>

struct timer {
	void (*fn)(struct timer *timer);
	bool armed;
};
static void timer_init(struct timer *t, void (*fn)(struct timer *), void *arg) { t->fn = fn; }
static void timer_arm(struct timer *t, u64 deadline) { t->armed = true; }
static u64 clock_ns(void) { return 0; }
#define NSEC_PER_MSEC 1000000UL
static int printk_wait;
static void wake_up_all(int *wait) { }
static void cpu_relax(void) { __builtin_ia32_pause(); }
static unsigned long irq_save(void) { return 0; }
static void irq_restore(unsigned long flags) { }
static _Thread_local unsigned shim_cpu;
static unsigned cpu_id(void) { return shim_cpu; }
static int panicking;
void warn_report(const char *file, int line, const char *fmt, ...) { abort(); }
bool panic_in_progress(void) { return panicking; }
#define scnprintf snprintf

static char seen[1 << 22];
static size_t seen_len;

static void serial_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n && seen_len < sizeof(seen) - 1; i++)
		seen[seen_len++] = s[i];
}

static bool has_serial = true;
static bool serial_is_there(void) { return has_serial; }

static char screen[4096];
void console_screen_line(const char *text, size_t n) { strncat(screen, text, n); strcat(screen, "/"); }

static size_t serial_send(const char *bytes, size_t n)
{
	serial_write(bytes, n);
	return n;
}

#define barrier() __asm__ volatile("" ::: "memory")
#include "../../kernel/base/console.c"
void printk_interrupt(void);
#include "../../kernel/sched/log_interrupt.c"

static void driver(const char *text)
{
	for (size_t n = strlen(text), sent; n; text += sent, n -= sent)
		sent = console_send(text, n);
}

/* Prints a message in the way of vprintk(). */
static void message(const char *text)
{
	console_message(0, text, strlen(text));
	if (console_has_cut_line())
		printk_interrupt();
}

static void time_passes(void)
{
	if (!log_quiet_timer.armed)
		return;
	log_quiet_timer.armed = false;
	log_quiet_timer.fn(&log_quiet_timer);
}

static const char *take(void)
{
	seen[seen_len] = '\0';
	seen_len = 0;
	return seen;
}

#define STAMP "[    0.000000] "
#define SEEN(text) CHECK(!strcmp(take(), text))

static void a_message_between_lines_changes_no_line(void)
{
	driver("one\r\n");
	message("m");
	time_passes();
	driver("two\r\n");
	SEEN("one\r\n" STAMP "m\ntwo\r\n");
}

static void a_line_that_was_begun_is_written_again_below(void)
{
	driver("prompt# ec");
	message("m\nn");
	message("o");
	driver("ho\r\n");
	SEEN("prompt# ec\n" STAMP "m\n" STAMP "n\n" STAMP "o\nprompt# echo\r\n");
}

static void a_cut_line_comes_back_without_further_output(void)
{
	driver("prompt# ");
	message("m");
	message("n");
	SEEN("prompt# \n" STAMP "m\n" STAMP "n\n");
	time_passes();
	SEEN("prompt# ");
	time_passes();
	SEEN("");
	message("again");
	time_passes();
	driver("\r\n");
	SEEN("\n" STAMP "again\nprompt# \r\n");
}

static void colours_and_editing_belong_to_the_line(void)
{
	driver("\033[1;32mab\033[0mc\b\033[K\033[2D");
	message("m");
	time_passes();
	SEEN("\033[1;32mab\033[0mc\b\033[K\033[2D\n" STAMP "m\n\033[1;32mab\033[0mc\b\033[K\033[2D");
	driver("\r\n");
	take();
}

static void queries_to_the_terminal_are_not_repeated(void)
{
	driver("a\033[6nb\033[cd");
	take();
	message("m");
	time_passes();
	SEEN("\n" STAMP "m\nabd");
	driver("\r\n");
	take();
}

static void a_full_screen_picture_is_not_written_again(void)
{
	static const char *const pictures[] = { "\033[2;1Hx", "\033[1;24rx", "\0337x", "\033(0x", "\033[2Jx\033[Hx" };

	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		driver(pictures[i]);
		take();
		message("m");
		time_passes();
		SEEN(STAMP "m\n");
		driver("\r\n");
		take();
	}
}

static void a_line_that_counts_in_place_does_not_grow(void)
{
	for (int i = 0; i < 1000; i++)
		driver("\r\033[K12 to go");
	take();
	message("m");
	time_passes();
	SEEN("\n" STAMP "m\n12 to go");
	driver("\r\n");
	take();
}

static void a_line_that_is_too_long_is_not_written_again(void)
{
	for (int i = 0; i < CONSOLE_LINE_SIZE; i++)
		driver("xy");
	take();
	message("m");
	time_passes();
	driver("z\r\n");
	SEEN("\n" STAMP "m\nz\r\n");
	driver("a");
	message("m");
	driver("b\r\n");
	SEEN("a\n" STAMP "m\nab\r\n");
}

static void a_line_that_is_at_its_return_is_over(void)
{
	driver("\r");
	message("m");
	time_passes();
	SEEN("\r" STAMP "m\n");
}

static void a_panic_and_an_nmi_do_not_wait(void)
{
	driver("abc");
	console_owner = 1;		/* this CPU is writing a line */
	message("nmi");
	console_owner = 7;
	panicking = 1;
	message("panic");
	panicking = 0;
	console_owner = 0;
	SEEN("abc" STAMP "nmi\n" STAMP "panic\n");
	driver("\r\n");
	take();
}

static void reports_reach_the_screen_of_a_machine_without_a_serial_line(void)
{
	panicking = 0;
	for (has_serial = false;; has_serial = true) {
		screen[0] = '\0';
		console_show_on_screen(true);
		console_message(0, "one\ntwo", 7);
		console_show_on_screen(false);
		console_message(0, "three", 5);
		CHECK(!strcmp(screen, has_serial ? "" : "one/two/"));
		if (has_serial)
			break;
	}
	/* Every console shows the end of the machine. */
	panicking = 1;
	console_show_on_screen(true);
	console_message(0, "end", 3);
	CHECK(!strcmp(screen, "end/"));
	console_show_on_screen(false);
	panicking = 0;
	take();
}

#define ROUNDS 2000

static void *logger(void *arg)
{
	char text[16];

	shim_cpu = (unsigned)(long)arg;
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(text, sizeof(text), "m%u-%04d", shim_cpu, i);
		console_message(0, text, strlen(text));
	}
	return NULL;
}

/* Each line is a message, or a whole line of the driver, or the beginning of such a line. */
static void lines_never_mix(void)
{
	unsigned long messages = 0, whole = 0, bad = 0;
	pthread_t threads[2];

	for (long i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, logger, (void *)(i + 1));
	for (int i = 0; i < ROUNDS; i++)
		driver("the quick brown fox jumps\n");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (char *line = strtok((char *)take(), "\n"); line; line = strtok(NULL, "\n")) {
		if (!strncmp(line, STAMP "m", strlen(STAMP) + 1) && strlen(line) == strlen(STAMP) + 7)
			messages++;
		else if (!strcmp(line, "the quick brown fox jumps"))
			whole++;
		else
			bad += strncmp(line, "the quick brown fox jumps", strlen(line)) != 0;
	}
	CHECK_EQ(messages, 2 * ROUNDS);
	CHECK_EQ(whole, ROUNDS);
	CHECK_EQ(bad, 0);
}

int main(void)
{
	TAP_TEST(a_message_between_lines_changes_no_line);
	TAP_TEST(a_line_that_was_begun_is_written_again_below);
	TAP_TEST(a_cut_line_comes_back_without_further_output);
	TAP_TEST(colours_and_editing_belong_to_the_line);
	TAP_TEST(queries_to_the_terminal_are_not_repeated);
	TAP_TEST(a_full_screen_picture_is_not_written_again);
	TAP_TEST(a_line_that_counts_in_place_does_not_grow);
	TAP_TEST(a_line_that_is_too_long_is_not_written_again);
	TAP_TEST(a_line_that_is_at_its_return_is_over);
	TAP_TEST(a_panic_and_an_nmi_do_not_wait);
	TAP_TEST(reports_reach_the_screen_of_a_machine_without_a_serial_line);
	TAP_TEST(lines_never_mix);
	return tap_done();
}
