/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log: a ring of records that can be written in any context, NMI and
 * a held run-queue lock included.
 *
 * Writers take no lock.  One 64-bit word holds the next sequence number and the
 * next free slot; a compare-and-exchange on it reserves both.  The text is then
 * written into consecutive slots of 64 bytes, and the record published by
 * storing (sequence, slot) into printk_index[sequence mod size], with release
 * order.  A reader looks up the index (acquire), copies, and looks whether the
 * slots have been reserved again meanwhile: if so, the record is lost, as the
 * oldest ones are meant to be.
 *
 * A writer may be held up between the two steps (by an interrupt, by a host that
 * takes its CPU away).  Nobody waits for it, but nobody may take its slots
 * either: each CPU says in printk_in_flight[] from where on it may be writing,
 * and a message that would run into that is dropped and counted.
 *
 * Sequence numbers and slots have 32 bits: they repeat after 4 thousand million
 * records.
 *
 * The console (serial port) is written by the caller of printk() itself, under
 * a lock that is only tried for a bounded time, so that no context can hang.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/export.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include <neurath/wait.h>

#define PRINTK_SLOT_SIZE	64
#define PRINTK_SLOTS		4096u		/* 256 KiB */
#define PRINTK_RECORDS		4096u
#define PRINTK_WRITING		(1UL << 32)
#define PRINTK_DEFAULT_LEVEL	4
/* A polled line at 115200 baud takes 10 ms; this is well beyond. */
#define PRINTK_CONSOLE_SPINS	10000000

struct printk_head {
	u64 time_ns;
	u32 seq;
	u16 len;
	u8 level;
};

static u8 printk_slots[PRINTK_SLOTS][PRINTK_SLOT_SIZE] __aligned(64);
static u64 printk_index[PRINTK_RECORDS];	/* (sequence + 1) << 32 | slot */
static u64 printk_reserved;			/* next sequence << 32 | next slot */
static u64 printk_clear_at;
/* PRINTK_WRITING | a slot not behind the one reserved; 0: not writing. (own CPU) */
static u64 printk_in_flight[NR_CPUS];
static unsigned long printk_dropped;
static u32 printk_console_owner;		/* CPU + 1, 0 = free */

int console_loglevel = 7;
DECLARE_WAIT_QUEUE_HEAD(printk_wait);

static unsigned int printk_slots_needed(size_t len)
{
	return (unsigned int)((sizeof(struct printk_head) + len + PRINTK_SLOT_SIZE - 1) /
			      PRINTK_SLOT_SIZE);
}

/* Slots are a ring of bytes: a record may run over its end. */
static void printk_ring_copy_in(u32 slot, size_t offset, const void *src, size_t n)
{
	size_t at = (slot % PRINTK_SLOTS * PRINTK_SLOT_SIZE + offset) % sizeof(printk_slots);
	size_t first = min(n, sizeof(printk_slots) - at);

	memcpy((u8 *)printk_slots + at, src, first);
	memcpy(printk_slots, (const u8 *)src + first, n - first);
}

static void printk_ring_copy_out(u32 slot, size_t offset, void *dst, size_t n)
{
	size_t at = (slot % PRINTK_SLOTS * PRINTK_SLOT_SIZE + offset) % sizeof(printk_slots);
	size_t first = min(n, sizeof(printk_slots) - at);

	memcpy(dst, (u8 *)printk_slots + at, first);
	memcpy((u8 *)dst + first, printk_slots, n - first);
}

/* Whether slots up to @end may be written although some CPU has not finished. */
static bool printk_room(u32 end)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		u64 in_flight = READ_ONCE(printk_in_flight[cpu]);

		if (in_flight && end - (u32)in_flight > PRINTK_SLOTS)
			return false;
	}
	return true;
}

/* The reservation as it was before, or false if the message must be dropped. */
static bool printk_reserve(unsigned int slots, u64 *reserved)
{
	u64 old, new;

	do {
		old = READ_ONCE(printk_reserved);
		new = ((old >> 32) + 1) << 32 | (u32)(old + slots);
		/*
		 * A CPU that begins to write after this look reserves behind
		 * what we reserve, or our exchange fails and we look again.
		 */
		if (!printk_room((u32)new))
			return false;
	} while (cmpxchg(&printk_reserved, old, new) != old);
	*reserved = old;
	return true;
}

static void printk_write(u64 reserved, struct printk_head *head, const char *text)
{
	u32 slot = (u32)reserved;

	head->seq = (u32)(reserved >> 32);
	printk_ring_copy_in(slot, 0, head, sizeof(*head));
	printk_ring_copy_in(slot, sizeof(*head), text, head->len);
	/* Pairs with the acquire in printk_read(): the text before its publication. */
	smp_store_release(&printk_index[head->seq % PRINTK_RECORDS],
			  (u64)(head->seq + 1) << 32 | slot);
}

static void printk_store(u8 level, u64 time_ns, const char *text, size_t len)
{
	struct printk_head head = { .time_ns = time_ns, .len = (u16)len, .level = level };
	u64 *in_flight = &printk_in_flight[cpu_id()];
	bool nested = *in_flight != 0;		/* we interrupted a writer: its mark covers us */
	u64 reserved;

	if (!nested)	/* a full barrier: the mark is visible before we reserve */
		xchg(in_flight, PRINTK_WRITING | (u32)READ_ONCE(printk_reserved));
	if (printk_reserve(printk_slots_needed(len), &reserved))
		printk_write(reserved, &head, text);
	else
		__atomic_fetch_add(&printk_dropped, 1, __ATOMIC_RELAXED);
	if (!nested)
		smp_store_release(in_flight, 0);
}

/* Whether a record in @slot may have been overwritten since. */
static bool printk_overtaken(u32 slot)
{
	return (u32)READ_ONCE(printk_reserved) - slot > PRINTK_SLOTS;
}

static bool printk_copy(u32 seq, u32 slot, struct printk_record *rec)
{
	struct printk_head head;

	if (printk_overtaken(slot))
		return false;
	printk_ring_copy_out(slot, 0, &head, sizeof(head));
	if (head.seq != seq || head.len >= sizeof(rec->text))
		return false;
	printk_ring_copy_out(slot, sizeof(head), rec->text, head.len);
	/* The copy must be complete before the look whether it was in time. */
	smp_rmb();
	if (printk_overtaken(slot))
		return false;
	rec->text[head.len] = '\0';
	rec->seq = seq;
	rec->time_ns = head.time_ns;
	rec->level = head.level;
	rec->len = head.len;
	return true;
}

u64 printk_next_seq(void)
{
	return READ_ONCE(printk_reserved) >> 32;
}

int printk_read(u64 *seq, struct printk_record *rec)
{
	u64 next = printk_next_seq();
	u64 s = *seq;

	if (next > PRINTK_RECORDS && s < next - PRINTK_RECORDS)
		s = next - PRINTK_RECORDS;
	for (; s < next; s++) {
		u64 entry = smp_load_acquire(&printk_index[s % PRINTK_RECORDS]);

		/* Tags count from 1, so that an index never written is none. */
		if (entry >> 32 < s + 1)
			return -EAGAIN;		/* reserved, not yet published */
		if (entry >> 32 == s + 1 && printk_copy((u32)s, (u32)entry, rec)) {
			*seq = s + 1;
			return 0;
		}
	}
	return -EAGAIN;
}

u64 printk_first_seq(void)
{
	u64 next = printk_next_seq(), s = next > PRINTK_RECORDS ? next - PRINTK_RECORDS : 0;

	for (; s < next; s++) {
		u64 entry = smp_load_acquire(&printk_index[s % PRINTK_RECORDS]);

		if (entry >> 32 == s + 1 && !printk_overtaken((u32)entry))
			break;
	}
	return s;
}

void printk_clear(void)
{
	WRITE_ONCE(printk_clear_at, printk_next_seq());
}

u64 printk_clear_seq(void)
{
	return max(READ_ONCE(printk_clear_at), printk_first_seq());
}

/* ---- console -------------------------------------------------------------- */

/* False if it could not be had in time: write all the same, lines may mix. */
static bool printk_console_lock(void)
{
	u32 me = cpu_id() + 1;

	for (unsigned int i = 0; i < PRINTK_CONSOLE_SPINS; i++) {
		u32 owner = READ_ONCE(printk_console_owner);

		/* An NMI in the middle of a line, or the owner is stopped for good. */
		if (owner == me || (owner && panic_in_progress()))
			return false;
		if (!owner && cmpxchg(&printk_console_owner, 0, me) == 0)
			return true;
		cpu_relax();
	}
	return false;
}

static void printk_console_line(u64 time_ns, const char *line, size_t len)
{
	char stamp[32];
	int n = scnprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ", time_ns / NSEC_PER_SEC,
			  time_ns % NSEC_PER_SEC / NSEC_PER_USEC);

	serial_write(stamp, (size_t)n);
	serial_write(line, len);
	serial_write("\n", 1);
}

static void printk_console(u64 time_ns, const char *text, size_t len)
{
	unsigned long flags = irq_save();
	bool locked = printk_console_lock();

	for (;;) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		printk_console_line(time_ns, text, line);
		if (!end)
			break;
		text += line + 1;
		len -= line + 1;
	}
	if (locked)
		smp_store_release(&printk_console_owner, 0);
	irq_restore(flags);
}

/* ---- writers -------------------------------------------------------------- */

static const char *printk_parse_level(const char *text, u8 *level)
{
	while (text[0] == KERN_SOH[0] && text[1]) {
		if (text[1] >= '0' && text[1] <= '7')
			*level = (u8)(text[1] - '0');
		text += 2;
	}
	return text;
}

int vprintk(const char *fmt, va_list args)
{
	char buf[sizeof(((struct printk_record *)NULL)->text)];
	u8 level = PRINTK_DEFAULT_LEVEL;
	u64 now = clock_ns();
	const char *text;
	size_t len;
	int n;

	n = vscnprintf(buf, sizeof(buf), fmt, args);
	text = printk_parse_level(buf, &level);
	len = (size_t)(buf + n - text);
	if (len && text[len - 1] == '\n')
		len--;
	printk_store(level, now, text, len);
	if (level < READ_ONCE(console_loglevel))
		printk_console(now, text, len);
	/*
	 * Readers are woken by an interrupt of our own: the caller may hold any
	 * lock.  The barrier pairs with prepare_to_wait(): either the reader
	 * sees the record, or we see the reader.
	 */
	smp_mb();
	if (waitqueue_active(&printk_wait))
		arch_raise_log_interrupt();
	return n;
}

int _printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

/* From arch_raise_log_interrupt(), in interrupt context with no lock held. */
void printk_interrupt(void)
{
	wake_up_all(&printk_wait);
}

EXPORT_SYMBOL(_printk);
EXPORT_SYMBOL(vprintk);
EXPORT_SYMBOL(console_loglevel);
