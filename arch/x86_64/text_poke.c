/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text poking: changes text of a running system.
 *
 * Text is mapped read-only.  The writer accesses it through an alias in a private address space
 * (poke_pgd), which is loaded on one CPU with interrupts off: no other CPU has a writable
 * mapping.
 *
 * A slot of five bytes cannot be changed in one step while other CPUs execute it, so the change
 * uses a breakpoint (docs/hooks.md also shows the order):
 *
 *	1. first byte := int3		then every CPU serialises
 *	2. the four bytes behind it	then every CPU serialises
 *	3. first byte := new first byte	then every CPU serialises
 *	4. the same byte once more	then every CPU serialises
 *
 * Step 4 is for emulated processors.  An emulator translates code, and discards a translation
 * when its page is written.  It can miss a write that comes between reading the bytes and
 * registering the translation, and then it keeps the old instruction permanently.  After the
 * round of step 3 no CPU is in the middle of a translation, so the second write finds all of
 * them.  On hardware step 4 has no effect.
 *
 * A CPU that executes the int3 in between acts as if it had executed the new instruction
 * (int3_text_poke).  Every serialising round is an interrupt that the other CPUs must take, and
 * the trap handler runs with interrupts off.  So when a round is over, no handler of an earlier
 * step still runs.  An emulator may deliver a trap late, after the descriptor is gone.  The
 * handler then finds that the byte has changed, and acts as the present instruction.
 *
 * text_mutex serialises writers.  All code on the int3 path is notrace: a slot there would trap
 * inside of the trap.
 */
#include <neurath/hook.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/kprobe.h>
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/mutex.h>
#include <neurath/sort.h>
#include <neurath/string.h>
#include <neurath/trace.h>

#define INT3_INSN	0xcc
#define JMP_INSN	0xe9
#define SLOT_TAIL	(SLOT_SIZE - 1)

/* The alias, in the user half of the private root: two pages, for a slot across a page border. */
#define POKE_ALIAS	0x10000UL
#define POKE_PTE_FLAGS	(0x8000000000000063UL)	/* NX, dirty, accessed, writable, present */
/* The number of slots written in one stretch with interrupts off. */
#define POKE_CHUNK	64
/* Bytes copied in one. */
#define POKE_COPY_MAX	256

static DEFINE_MUTEX_RANK(text_mutex, RANK_TEXT);

static phys_addr_t poke_pgd;
static pte_t *poke_ptes[2];
/* What they show, between poke_begin() and poke_end(); 0: nothing. (text_mutex) */
static unsigned long poke_mapped[2];

/*
 * The batch that is being changed, for the trap handler. refs is 1 while the batch is published,
 * plus one for each handler that reads it; 0 = it must not be read.
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

/* The physical address of kernel or module text. */
static phys_addr_t poke_phys(unsigned long va)
{
	pte_t *pte;

	if (va < MODULE_BASE)
		return va - KERNEL_BASE;
	pte = pte_walk(kernel_pgd, va, false);
	assert(pte && pte_present(*pte));
	return pte_phys(*pte) + (va & ~PAGE_MASK);
}

/* Page @i of the alias shows the page of @va, if it does not yet. */
static void poke_map_page(unsigned i, unsigned long va)
{
	if (poke_mapped[i] == (va & PAGE_MASK))
		return;
	poke_mapped[i] = va & PAGE_MASK;
	*poke_ptes[i] = (poke_phys(va) & PAGE_MASK) | POKE_PTE_FLAGS;
	tlb_flush_page_local(POKE_ALIAS + i * PAGE_SIZE);
}

static void poke_map(unsigned long va, size_t n)
{
	unsigned long last_byte = va + n - 1;

	poke_map_page(0, va);
	if ((va & PAGE_MASK) != (last_byte & PAGE_MASK))
		poke_map_page(1, last_byte);
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
	poke_mapped[0] = poke_mapped[1] = 0;
	tlb_flush_page_local(POKE_ALIAS);
	tlb_flush_page_local(POKE_ALIAS + PAGE_SIZE);
	arch_load_pgd(old_pgd);
	irq_restore(flags);
}

/* The bytes of a slot that a step writes. */
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
	 * Pairs with atomic_inc_not_zero() in int3_text_poke(): a CPU that sees an int3 of this
	 * batch must also see the batch, or it would take the trap for an unknown one.
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
	if (trace_is_on(klp_slots))
		trace_klp_slots(n, false);
	sort_by_address(pokes, n, sizeof(*pokes));
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
	if (trace_is_on(klp_slots))
		trace_klp_slots(n, true);
out:
	mutex_unlock(&text_mutex);
	return error;
}

int text_poke_copy(unsigned long addr, const void *bytes, size_t n)
{
	const u8 *src = bytes;

	mutex_lock(&text_mutex);
	while (n) {
		size_t part = min(n, (size_t)POKE_COPY_MAX);
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

/* The index of the slot at @addr in the published batch, or -1. */
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

/* Acts as the instruction @slot at @addr; false if it is neither NOP nor jmp. */
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

bool (*probe_trap)(struct pt_regs *regs, unsigned long addr);

notrace bool int3_text_poke(struct pt_regs *regs)
{
	unsigned long addr = regs->rip - 1;
	bool ours = false;
	int i;

	if (user_mode(regs))
		return false;
	/* Before the batch: a probe's breakpoint stays while the slot's bytes are written. */
	if (probe_trap && probe_trap(regs, addr))
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
		 * A trap of a completed batch.  Executing the instruction again would trap again
		 * as long as the emulator keeps its old translation.
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
