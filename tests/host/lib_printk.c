/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib_printk.c - the log ring of kernel/base/printk.c, with a thread for each CPU.
 *
 * flags: -idirafter include -pthread
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
/* Definitions in place of kernel headers that include too much. */
#define NEURATH_ARCH_H
#define NEURATH_CONSOLE_H
#define NEURATH_STRING_H
#define NEURATH_EXPORT_H
#define NEURATH_WAIT_H
#define EXPORT_SYMBOL(sym)	_Static_assert(sizeof(&(sym)), "")
#include <neurath/types.h>

struct wait_queue_head {
	int woken;
};
#define DECLARE_WAIT_QUEUE_HEAD(var) struct wait_queue_head var
static bool waitqueue_active(struct wait_queue_head *wq) { return false; }
static void wake_up_all(struct wait_queue_head *wq) { wq->woken++; }
static void cpu_relax(void) { __builtin_ia32_pause(); }
static unsigned long irq_save(void) { return 0; }
static void irq_restore(unsigned long flags) { }

static _Thread_local unsigned shim_cpu;
static unsigned cpu_id(void) { return shim_cpu; }
static unsigned nr_cpus = 4;

static u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static char console[1 << 16];
static size_t console_len;

static void console_message(u64 time_ns, const char *s, size_t n)
{
	if (console_len + n < sizeof(console)) {
		memcpy(console + console_len, s, n);
		console_len += n;
	}
}
static bool console_has_cut_line(void) { return false; }

#define barrier() __asm__ volatile("" ::: "memory")
#define sprintf		kernel_sprintf
#define vscnprintf	kernel_vscnprintf
#define scnprintf	kernel_scnprintf
#include "../../kernel/base/printk.c"

int kernel_vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int n = vsnprintf(buf, size, fmt, args);

	return n < (int)size ? n : (int)size - 1;
}

int kernel_scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = kernel_vscnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}

bool panic_in_progress(void)
{
	return false;
}

static struct printk_record record;

static void records_come_back_in_order_with_level_and_text(void)
{
	u64 seq = 0;

	printk(KERN_ERR "first\n");
	printk("second, two\nlines");
	printk(KERN_DEBUG "%s", "");
	CHECK(printk_read(&seq, &record) == 0 && record.level == 3 && record.seq == 0);
	CHECK(!strcmp(record.text, "first") && record.len == 5);
	CHECK(printk_read(&seq, &record) == 0 && record.level == 4);
	CHECK(!strcmp(record.text, "second, two\nlines"));
	CHECK(printk_read(&seq, &record) == 0 && record.level == 7 && record.len == 0);
	CHECK_EQ(printk_read(&seq, &record), -EAGAIN);
	CHECK_EQ(seq, printk_next_seq());
}

static void long_text_is_cut(void)
{
	char text[2000];
	u64 seq = 0;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	printk(KERN_INFO "%s", text);
	CHECK(printk_read(&seq, &record) == 0);
	CHECK(record.len < sizeof(record.text) && record.len > 500);
	CHECK_EQ(strlen(record.text), record.len);
}

static void the_oldest_records_are_lost_and_the_reader_learns_it(void)
{
	u64 seq = 0, count = 0, expect;

	console_loglevel = 0;
	for (int i = 0; i < 3 * (int)PRINTK_RECORDS; i++)
		printk(KERN_INFO "record %d with some text to fill several slots, %*d", i, i % 300, i);
	CHECK(printk_first_seq() > 0);
	expect = printk_first_seq();
	while (printk_read(&seq, &record) == 0) {
		char start[32];

		CHECK_EQ(record.seq, expect);
		snprintf(start, sizeof(start), "record %lu with", (unsigned long)record.seq);
		CHECK(!strncmp(record.text, start, strlen(start)));
		expect++;
		count++;
	}
	CHECK_EQ(expect, printk_next_seq());
	CHECK(count > 500 && count <= PRINTK_RECORDS);
}

static void clear_moves_the_start_for_syslog_only(void)
{
	printk("one");
	printk("two");
	printk_clear();
	CHECK_EQ(printk_clear_seq(), 2);
	CHECK_EQ(printk_first_seq(), 0);
}

static void the_console_gets_messages_below_its_level(void)
{
	console_len = 0;
	console_loglevel = 5;
	printk(KERN_INFO "not shown");
	printk(KERN_WARNING "a\nb\n");
	console[console_len] = '\0';
	CHECK(!strstr(console, "not shown"));
	CHECK(strstr(console, "a\nb"));
}

#define WRITERS		4
#define PER_WRITER	20000
static volatile bool writers_done;

static void *writer(void *arg)
{
	shim_cpu = (unsigned)(long)arg;
	for (int i = 0; i < PER_WRITER; i++)
		printk(KERN_INFO "cpu %u number %d check %u %*s", shim_cpu, i, (shim_cpu * 7919 + i) ^ 0x55,
		       i % 200, "");
	return NULL;
}

/* Each record that is read was written, is complete, and comes in the order of its writer. */
static void *reader(void *arg)
{
	int last[WRITERS] = { -1, -1, -1, -1 };
	unsigned long read = 0, bad = 0;
	struct printk_record rec;
	u64 seq = 0;

	while (!writers_done || seq < printk_next_seq()) {
		unsigned cpu, check;
		int i;

		if (printk_read(&seq, &rec))
			continue;
		read++;
		if (sscanf(rec.text, "cpu %u number %d check %u", &cpu, &i, &check) != 3 ||
		    cpu >= WRITERS || check != ((cpu * 7919 + i) ^ 0x55) || i <= last[cpu])
			bad++;
		else
			last[cpu] = i;
	}
	return (void *)(bad ? 0 : read);
}

static void concurrent_writers_and_a_reader_never_mix_records(void)
{
	pthread_t threads[WRITERS], read;
	void *result;

	console_loglevel = 0;
	pthread_create(&read, NULL, reader, NULL);
	for (long i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, writer, (void *)i);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	writers_done = true;
	pthread_join(read, &result);
	CHECK(result != NULL);
	CHECK_EQ(printk_next_seq() + printk_dropped, WRITERS * PER_WRITER);
}

int main(void)
{
	TAP_TEST(records_come_back_in_order_with_level_and_text);
	TAP_TEST(long_text_is_cut);
	TAP_TEST(the_oldest_records_are_lost_and_the_reader_learns_it);
	TAP_TEST(clear_moves_the_start_for_syslog_only);
	TAP_TEST(the_console_gets_messages_below_its_level);
	TAP_TEST(concurrent_writers_and_a_reader_never_mix_records);
	return tap_done();
}
