/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log: a ring of records that any context can write, including NMIs and holders of a
 * run queue's lock.
 *
 * Writers take no lock.  One 64-bit word contains the next sequence number and the next free
 * slot; a compare-and-exchange of it reserves both.  The text is then written into consecutive
 * slots of 64 bytes.  A store of (sequence, slot) into printk_index[sequence mod size], with
 * release order, publishes the record.  A reader reads the index (acquire), copies the record,
 * and then tests if the slots have been reserved again meanwhile.  If so, the record is lost, as
 * is intended for the oldest records.
 *
 * A writer may be delayed between the two steps (by an interrupt, or by a host that stops its
 * CPU).  No other writer waits for it, and none may take its slots.  Each CPU stores in
 * printk_in_flight[] the first slot that it may be writing.  A message that would reach such a
 * slot is dropped and counted.
 *
 * Sequence numbers and slots have 32 bits: they repeat after about 4 * 10^9 records.
 *
 * The caller of printk() itself writes the console (console.c).
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/console.h>
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
/* PRINTK_WRITING | a slot at or before the reserved one; 0: not writing. (own CPU) */
static u64 printk_in_flight[NR_CPUS];
static unsigned long printk_dropped;

int console_loglevel = 7;
DECLARE_WAIT_QUEUE_HEAD(printk_wait);
void (*printk_raise)(void);

static unsigned int printk_slots_needed(size_t len)
{
	return (unsigned int)((sizeof(struct printk_head) + len + PRINTK_SLOT_SIZE - 1) /
			      PRINTK_SLOT_SIZE);
}

/* The slots are a ring of bytes: a record may wrap around its end. */
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

/* True if slots up to @end may be written although some CPUs have not finished. */
static bool printk_room(u32 end)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		u64 in_flight = READ_ONCE(printk_in_flight[cpu]);

		if (in_flight && end - (u32)in_flight > PRINTK_SLOTS)
			return false;
	}
	return true;
}

/* Returns the reservation from before, or false if the message must be dropped. */
static bool printk_reserve(unsigned int slots, u64 *reserved)
{
	u64 old, new;

	do {
		old = READ_ONCE(printk_reserved);
		new = ((old >> 32) + 1) << 32 | (u32)(old + slots);
		/*
		 * A CPU that begins to write after this test reserves behind this reservation, or
		 * the exchange here fails and the test is repeated.
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
	/* Pairs with the acquire in printk_read(): a reader sees the complete text. */
	smp_store_release(&printk_index[head->seq % PRINTK_RECORDS],
			  (u64)(head->seq + 1) << 32 | slot);
}

static void printk_store(u8 level, u64 time_ns, const char *text, size_t len)
{
	struct printk_head head = { .time_ns = time_ns, .len = (u16)len, .level = level };
	u64 *in_flight = &printk_in_flight[cpu_id()];
	bool nested = *in_flight != 0;	/* this interrupted a writer: its mark covers both */
	u64 reserved;

	if (!nested)	/* a full barrier: the mark is visible before the reservation */
		xchg(in_flight, PRINTK_WRITING | (u32)READ_ONCE(printk_reserved));
	if (printk_reserve(printk_slots_needed(len), &reserved))
		printk_write(reserved, &head, text);
	else
		__atomic_fetch_add(&printk_dropped, 1, __ATOMIC_RELAXED);
	if (!nested)
		smp_store_release(in_flight, 0);
}

/* True if a record in @slot may have been overwritten since. */
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
	/* The copy must be complete before the test whether it was in time. */
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

		/* Tags count from 1, so that an unused index is no record. */
		if (entry >> 32 < s + 1)
			return -EAGAIN;		/* reserved, not published yet */
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
		console_message(now, text, len);
	/*
	 * An interrupt wakes readers and restores the console's line: the caller may hold any
	 * lock.  The barrier pairs with prepare_to_wait(): the reader sees the record, or this
	 * CPU sees the reader.
	 */
	smp_mb();
	if ((waitqueue_active(&printk_wait) || console_has_cut_line()) && printk_raise)
		printk_raise();
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

EXPORT_SYMBOL(_printk);
EXPORT_SYMBOL(vprintk);
EXPORT_SYMBOL(console_loglevel);
