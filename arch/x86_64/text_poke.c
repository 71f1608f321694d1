// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing text on a running system.
 *
 * Text is mapped read-only for everybody.  The writer reaches it through an alias
 * in an address space of its own (poke_pgd), which is loaded on one CPU with
 * interrupts off: no other CPU ever has a writable view.
 *
 * A slot of five bytes cannot be changed at once while other CPUs run through it,
 * so it goes through a breakpoint (the order is also in docs/hooks.md):
 *
 *	1. first byte := int3		then every CPU serialises
 *	2. the four bytes behind it	then every CPU serialises
 *	3. first byte := new first byte	then every CPU serialises
 *	4. the same byte once more	then every CPU serialises
 *
 * Step 4 is for processors made of software.  An emulator translates code and throws
 * a translation away when a write hits its page; a write that falls between its
 * reading the bytes and its registering the translation is missed, and the old
 * instruction stays for ever.  After the round of step 3 no CPU is in the middle of
 * a translation, so the second write finds all of them.  On silicon it changes nothing.
 *
 * A CPU that meets the int3 in between acts as if it had executed the new
 * instruction (int3_text_poke).  Every serialising round is an interrupt that the
 * other CPUs must take, and the trap handler runs with interrupts off: when a
 * round is over, no trap of an earlier step is still being handled.  An emulator
 * may yet deliver one late, after the descriptor is gone; the handler then finds
 * the byte changed, and acts as the instruction that is there now.
 *
 * text_mutex serialises writers.  Everything on the int3 path is notrace: a slot
 * there would trap inside the trap.
 */
#include <neurath/hook.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/kprobe.h>
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/mutant.h>
#include <neurath/mutex.h>
#include <neurath/string.h>

#define INT3_INSN	0xcc
#define JMP_INSN	0xe9
#define SLOT_TAIL	(SLOT_SIZE - 1)

/* The alias lies in the user half of the private root: two pages, for a slot across a border. */
#define POKE_ALIAS	0x10000UL
#define POKE_PTE_FLAGS	(0x8000000000000063UL)	/* NX, dirty, accessed, writable, present */
/* Slots written in one stretch with interrupts off. */
#define POKE_CHUNK	64

static DEFINE_MUTEX_RANK(text_mutex, RANK_TEXT);

static phys_addr_t poke_pgd;
static pte_t *poke_ptes[2];

/*
 * The batch that is being changed, for the trap handler.  refs is 1 while it is
 * published, plus one for each handler that reads it; 0 = nobody may look.
 */
static struct {
	atomic_t refs;
	const struct text_poke *pokes;	/* sorted by address */
	unsigned n;
} poke_batch;

static const u8 nop_slot[SLOT_SIZE] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };

void slot_encode_nop(u8 *slot)
{
	memcpy(slot, nop_slot, SLOT_SIZE);
}

void slot_encode_trap(u8 *slot)
{
	slot_encode_nop(slot);
	slot[0] = INT3_INSN;
}

void slot_encode_jmp(u8 *slot, unsigned long addr, unsigned long target)
{
	s64 rel = (s64)(target - (addr + SLOT_SIZE));
	s32 rel32 = (s32)rel;

	assert(rel == rel32);
	slot[0] = JMP_INSN;
	memcpy(slot + 1, &rel32, sizeof(rel32));
}

/* Physical address of kernel or module text. */
static phys_addr_t poke_phys(unsigned long va)
{
	pte_t *pte;

	if (va < MODULE_BASE)
		return va - KERNEL_BASE;
	pte = pte_walk(kernel_pgd, va, false);
	assert(pte && pte_present(*pte));
	return pte_phys(*pte) + (va & ~PAGE_MASK);
}

static void poke_map(unsigned long va, size_t n)
{
	phys_addr_t first = poke_phys(va) & PAGE_MASK;
	unsigned long last_byte = va + n - 1;

	*poke_ptes[0] = first | POKE_PTE_FLAGS;
	tlb_flush_page_local(POKE_ALIAS);
	if ((va & PAGE_MASK) != (last_byte & PAGE_MASK)) {
		*poke_ptes[1] = (poke_phys(last_byte) & PAGE_MASK) | POKE_PTE_FLAGS;
		tlb_flush_page_local(POKE_ALIAS + PAGE_SIZE);
	}
}

/* The private address space is loaded and interrupts are off. */
static void poke_bytes(unsigned long va, const u8 *bytes, size_t n)
{
	u8 *alias;

	poke_map(va, n);
	alias = (u8 *)(POKE_ALIAS + (va & ~PAGE_MASK));
	memcpy(alias, bytes, n);
	assert(memcmp((void *)va, bytes, n) == 0);
}

static unsigned long poke_begin(phys_addr_t *old_pgd)
{
	unsigned long flags = irq_save();

	*old_pgd = arch_loaded_pgd();
	arch_load_pgd(poke_pgd);
	return flags;
}

static void poke_end(unsigned long flags, phys_addr_t old_pgd)
{
	*poke_ptes[0] = 0;
	*poke_ptes[1] = 0;
	tlb_flush_page_local(POKE_ALIAS);
	tlb_flush_page_local(POKE_ALIAS + PAGE_SIZE);
	arch_load_pgd(old_pgd);
	irq_restore(flags);
}

/* Which bytes of a slot a step writes. */
enum poke_step { POKE_INT3, POKE_TAIL, POKE_HEAD };

static void poke_one(const struct text_poke *p, enum poke_step step)
{
	static const u8 int3 = INT3_INSN;

	switch (step) {
	case POKE_INT3:
		poke_bytes(p->addr, &int3, 1);
		break;
	case POKE_TAIL:
		poke_bytes(p->addr + 1, p->new + 1, SLOT_TAIL);
		break;
	case POKE_HEAD:
		poke_bytes(p->addr, p->new, 1);
		break;
	}
}

static void poke_step_all(const struct text_poke *pokes, unsigned n, enum poke_step step)
{
	for (unsigned done = 0; done < n; done += POKE_CHUNK) {
		unsigned end = min(n, done + POKE_CHUNK);
		phys_addr_t old_pgd;
		unsigned long flags = poke_begin(&old_pgd);
		u64 since = irqs_off_begin();

		for (unsigned i = done; i < end; i++)
			poke_one(&pokes[i], step);
		irqs_off_end(since, "text poke");
		poke_end(flags, old_pgd);
	}
}

static void poke_sort(struct text_poke *pokes, unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		struct text_poke key = pokes[i];
		unsigned j = i;

		for (; j > 0 && pokes[j - 1].addr > key.addr; j--)
			pokes[j] = pokes[j - 1];
		pokes[j] = key;
	}
}

static int poke_verify(const struct text_poke *pokes, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct text_poke *p = &pokes[i];

		if (WARN(memcmp((void *)p->addr, p->old, SLOT_SIZE) != 0,
			 "text at %pS is not what was expected: first bytes %02x %02x\n",
			 (void *)p->addr, ((u8 *)p->addr)[0], ((u8 *)p->addr)[1]))
			return -EINVAL;
	}
	return 0;
}

static void poke_batch_publish(const struct text_poke *pokes, unsigned n)
{
	poke_batch.pokes = pokes;
	poke_batch.n = n;
	/*
	 * Pairs with atomic_inc_not_zero() in int3_text_poke(): who sees an int3 of
	 * this batch must see the batch; else it would take the trap for a stray one.
	 */
	smp_store_release(&poke_batch.refs.counter, 1);
}

static void poke_batch_retire(void)
{
	atomic_dec(&poke_batch.refs);
	/* A handler holds a reference for a few instructions with interrupts off. */
	while (atomic_read(&poke_batch.refs) != 0)
		cpu_relax();
}

int text_poke_batch(struct text_poke *pokes, unsigned n)
{
	int error;

	if (n == 0)
		return 0;
	mutex_lock(&text_mutex);
	error = poke_verify(pokes, n);
	if (error)
		goto out;
	poke_sort(pokes, n);
	if (MUTANT(NO_INT3)) {
		poke_step_all(pokes, n, POKE_TAIL);
		poke_step_all(pokes, n, POKE_HEAD);
		smp_sync_core();
		goto out;
	}
	poke_batch_publish(pokes, n);
	poke_step_all(pokes, n, POKE_INT3);
	smp_sync_core();
	poke_step_all(pokes, n, POKE_TAIL);
	smp_sync_core();
	poke_step_all(pokes, n, POKE_HEAD);
	smp_sync_core();
	poke_step_all(pokes, n, POKE_HEAD);
	smp_sync_core();
	poke_batch_retire();
out:
	mutex_unlock(&text_mutex);
	return error;
}

int text_poke_copy(unsigned long addr, const void *bytes, size_t n)
{
	const u8 *src = bytes;

	mutex_lock(&text_mutex);
	while (n) {
		size_t part = min(n, (size_t)SLOT_SIZE);
		phys_addr_t old_pgd;
		unsigned long flags = poke_begin(&old_pgd);

		poke_bytes(addr, src, part);
		poke_end(flags, old_pgd);
		addr += part;
		src += part;
		n -= part;
	}
	mutex_unlock(&text_mutex);
	return 0;
}

/* Index of the slot at @addr in the published batch, or -1. */
static notrace int poke_batch_find(unsigned long addr)
{
	unsigned low = 0, high = poke_batch.n;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (poke_batch.pokes[mid].addr == addr)
			return (int)mid;
		if (poke_batch.pokes[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

/* Acts as the instruction @slot at @addr would; false if it is neither NOP nor jmp. */
static notrace bool poke_emulate(struct pt_regs *regs, unsigned long addr, const u8 *slot)
{
	s32 rel = 0;

	if (slot[0] == JMP_INSN)
		__builtin_memcpy(&rel, slot + 1, sizeof(rel));
	else if (slot[0] != nop_slot[0])
		return false;
	regs->rip = addr + SLOT_SIZE + (s64)rel;
	return true;
}

notrace bool int3_text_poke(struct pt_regs *regs)
{
	unsigned long addr = regs->rip - 1;
	bool ours = false;
	int i;

	if (user_mode(regs))
		return false;
	/* Before the batch: a probe's breakpoint stays while the slot's bytes are written. */
	if (kprobe_trap(regs, addr))
		return true;
	/* Pairs with the release in poke_batch_publish(). */
	if (atomic_inc_not_zero(&poke_batch.refs)) {
		i = poke_batch_find(addr);
		if (i >= 0)
			ours = poke_emulate(regs, addr, poke_batch.pokes[i].new);
		atomic_dec(&poke_batch.refs);
	}
	if (!ours && kernel_text_address(addr) && READ_ONCE(*(u8 *)addr) != INT3_INSN) {
		/*
		 * A trap of a batch that is done.  Executing the instruction again would
		 * trap again as long as the emulator keeps its old translation.
		 */
		ours = poke_emulate(regs, addr, (const u8 *)addr);
	}
	return ours;
}

void text_poke_init(void)
{
	poke_pgd = pgd_alloc();
	assert(poke_pgd);
	for (unsigned i = 0; i < 2; i++) {
		poke_ptes[i] = pte_walk(poke_pgd, POKE_ALIAS + i * PAGE_SIZE, true);
		assert(poke_ptes[i]);
	}
}
