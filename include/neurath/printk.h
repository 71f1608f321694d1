/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log: a ring of records that any context can write without waiting.  Readers
 * (syslog(2), /dev/kmsg) see whole records in order and are told how many they have lost.
 */
#ifndef NEURATH_PRINTK_H
#define NEURATH_PRINTK_H

#include <stdarg.h>
#include <neurath/types.h>
#include <neurath/ptregs.h>

#define KERN_SOH	"\001"
#define KERN_EMERG	KERN_SOH "0"
#define KERN_ALERT	KERN_SOH "1"
#define KERN_CRIT	KERN_SOH "2"
#define KERN_ERR	KERN_SOH "3"
#define KERN_WARNING	KERN_SOH "4"
#define KERN_NOTICE	KERN_SOH "5"
#define KERN_INFO	KERN_SOH "6"
#define KERN_DEBUG	KERN_SOH "7"
#define KERN_CONT	""
#define KERN_DEFAULT	""

/* A message without a final newline is still one record. (any) */
int _printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list args);
#define printk(fmt, ...)	_printk(fmt, ##__VA_ARGS__)

/* A file may define pr_fmt before its includes; it is expanded at each use. */
#ifndef pr_fmt
#define pr_fmt(fmt)	fmt
#endif
#define pr_emerg(fmt, ...)	printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...)	printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...)	printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)	printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...)	printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)	printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug(fmt, ...)	printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

/* Messages with a level below this also go to the serial console. */
extern int console_loglevel;

struct printk_record {
	u64 seq;		/* counts from 0, never reused */
	u64 time_ns;
	u8 level;		/* 0..7 */
	u16 len;		/* of text, without NUL */
	char text[512];
};

/*
 * Copies the first record with sequence >= *@seq and sets *@seq to the next number. 0, or -EAGAIN
 * if there is none yet. (any context but the writer's)
 */
int printk_read(u64 *seq, struct printk_record *rec);
u64 printk_first_seq(void);	/* oldest record still kept */
u64 printk_next_seq(void);	/* of the next message */
void printk_clear(void);	/* SYSLOG_ACTION_CLEAR: moves the start for syslog(2) */
u64 printk_clear_seq(void);
/* Readers wait here for records; woken for each new one from a safe context. */
struct wait_queue_head;
extern struct wait_queue_head printk_wait;
/* Raises an interrupt of this CPU that calls printk_interrupt(); NULL early in the boot. (any) */
extern void (*printk_raise)(void);
void printk_interrupt(void);	/* kernel/sched/log_interrupt.c */

/* Formatted text into a buffer: C semantics, plus %p %pS %ps %pGg. (any) */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args);
int sprintf(char *buf, const char *fmt, ...) __printf(2, 3);

/* Logs the stack of current (regs NULL) or from @regs, with symbols. (any) */
void dump_stack(void);
void dump_stack_regs(const struct pt_regs *regs);

#endif
