/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.c - reading, execution and change of text by the world's CPUs.
 *
 * Patched functions are real bytes: a call fetches its slot, follows the jump, and executes the
 * selector that arch/x86_64/hook_selector.c generated, one instruction in each step.  A fetch is not
 * atomic: the first byte and the rest are read separately, in an order that the search chooses, and
 * an interrupt between them restarts the fetch.  So the steps and rounds of text_poke.c are needed.
 */
#include "world.h"
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "../../arch/x86_64/smp.h"
#include "../../arch/x86_64/traps.h"

#define POKE_ALIAS	0x10000UL	/* as in text_poke.c */

static pte_t poke_pte[2];

/* text_poke.c writes through two pages of an alias, whose entries it has set. */
void *machine_poke(void *to, const void *from, size_t n)
{
	unsigned long at = (unsigned long)to;

	if (at - POKE_ALIAS >= 2 * PAGE_SIZE)
		return memcpy(to, from, n);
	for (size_t i = 0; i < n; i++) {
		pte_t pte = poke_pte[(at + i - POKE_ALIAS) / PAGE_SIZE];
		u8 *byte = (u8 *)(pte & 0xffffffffff000UL) + (at + i) % PAGE_SIZE;

		/* The processor may write the tail of a slot by one store or by several: any are possible. */
		search_point((unsigned long)byte, 1, true, __builtin_return_address(0));
		*byte = ((const u8 *)from)[i];
	}
	return to;
}

pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create)
{
	return &poke_pte[(va - POKE_ALIAS) / PAGE_SIZE];
}

phys_addr_t pgd_alloc(void)
{
	return PAGE_SIZE;
}

phys_addr_t arch_loaded_pgd(void)
{
	return PAGE_SIZE;
}

void arch_load_pgd(phys_addr_t pgd)
{
	search_fence();			/* writing CR3 serialises */
}

void tlb_flush_page_local(unsigned long va)
{
	search_fence();
}

static u64 fetch(unsigned long addr, unsigned n)
{
	u64 value = 0;

	search_point(addr, n, false, (void *)addr);
	if (search_memory_is_free(addr))
		violation("a CPU executes memory that has been freed");
	__builtin_memcpy(&value, (void *)addr, n);
	return value;
}

/* False if an interrupt came before, and sent the CPU back to the slot. */
static bool load(const struct pt_regs *regs, unsigned long addr, unsigned n, u64 *value)
{
	unsigned long ip = regs->rip;

	search_point(addr, n, false, (void *)ip);
	if (regs->rip != ip)
		return false;
	if (search_memory_is_free(addr))
		violation("a selector reads memory that has been freed");
	*value = 0;
	__builtin_memcpy(value, (void *)addr, n);
	return true;
}

/* The trap of a slot that is being changed. */
static void execute_int3(struct machine_cpu *c, struct pt_regs *regs)
{
	bool on = c->irqs_on;

	regs->rip++;
	c->irqs_on = false;
	c->regs = NULL;
	c->depth++;
	search_fence();
	if (!int3_text_poke(regs))
		violation("a breakpoint that nobody knows");
	c->depth--;
	c->irqs_on = on;
	c->regs = regs;
	search_fence();
}

/* The first instruction of a function: a slot, fetched in two parts. */
static void execute_slot(struct machine_cpu *c, struct pt_regs *regs)
{
	unsigned long ip = regs->rip;
	bool tail_first = search_random(3) & 1;
	unsigned interrupts = c->interrupts;
	u32 tail = 0;
	u8 head;

	if (tail_first)
		tail = (u32)fetch(ip + 1, 4);
	head = (u8)fetch(ip, 1);
	if (c->interrupts != interrupts)
		return;			/* the instruction is fetched again */
	if (head == 0xcc) {
		execute_int3(c, regs);
		return;
	}
	if (!tail_first)
		tail = (u32)fetch(ip + 1, 4);
	if (c->interrupts != interrupts)
		return;
	if (head == 0x0f) {
		if (tail != 0x0000441f)
			violation("a torn NOP: 0f and %08x", tail);
		regs->rip = ip + SLOT_SIZE;
	} else if (head == 0xe9) {
		regs->rip = ip + SLOT_SIZE + (s64)(s32)tail;
	} else {
		violation("no instruction: %02x", head);
	}
}

/* One instruction of a selector: the list in arch/x86_64/hook_selector.c. */
static void execute_selector(struct pt_regs *regs, bool *zero)
{
	unsigned long ip = regs->rip;
	const u8 *code = (const u8 *)ip;
	u32 opcode = code[0] << 16 | code[1] << 8 | code[2];
	u64 imm64 = 0;
	u32 imm32 = 0;

	if (search_memory_is_free(ip))
		violation("a CPU executes a selector that has been freed");
	if (code[0] == 0x49 && code[1] == 0xbb) {			/* movabs, %r11 */
		__builtin_memcpy(&imm64, code + 2, 8);
		regs->r11 = imm64;
		regs->rip += 10;
	} else if (opcode == 0x4d8b1b) {				/* mov (%r11), %r11 */
		if (!load(regs, regs->r11, 8, &imm64))
			return;
		regs->r11 = imm64;
		regs->rip += 3;
	} else if (opcode == 0x41807b) {				/* cmpb $0, d8(%r11) */
		if (!load(regs, regs->r11 + code[3], 1, &imm64))
			return;
		*zero = imm64 == 0;
		regs->rip += 5;
	} else if (code[0] == 0x74 || code[0] == 0x75) {		/* je, jne */
		regs->rip += 2 + ((code[0] == 0x74) == *zero ? code[1] : 0);
	} else if (opcode == 0x654c8b) {				/* mov %gs:d32, %r10 */
		__builtin_memcpy(&imm32, code + 5, 4);
		if (!load(regs, (unsigned long)&cpus[machine_now] + imm32, 8, &imm64))
			return;
		regs->r10 = imm64;
		regs->rip += 9;
	} else if (opcode == 0x4183ba) {				/* cmpl $0, d32(%r10) */
		__builtin_memcpy(&imm32, code + 3, 4);
		if (!load(regs, regs->r10 + imm32, 4, &imm64))
			return;
		if ((s32)imm64 == KLP_TRANSITION_IDLE)
			violation("stateless: a selector asks %s, which has no state",
				  current->comm);
		*zero = imm64 == 0;
		regs->rip += 8;
	} else if (opcode == 0x4d8b5b) {				/* mov d8(%r11), %r11 */
		if (!load(regs, regs->r11 + code[3], 8, &imm64))
			return;
		regs->r11 = imm64;
		regs->rip += 4;
	} else if (opcode == 0x41ff63) {				/* jmp *d8(%r11) */
		if (!load(regs, regs->r11 + code[3], 8, &imm64))
			return;
		regs->rip = imm64;
	} else {
		violation("no instruction of a selector: %06x", opcode);
	}
}

void machine_call(unsigned f, void (*body)(void))
{
	struct machine_cpu *c = &machine_cpus[machine_now];
	struct pt_regs regs = { .rip = TEXT_OF(f) };
	struct pt_regs *outer = c->regs;
	bool zero = false;

	c->regs = &regs;
	for (;;) {
		unsigned long ip = regs.rip, offset = ip - (unsigned long)world_text;

		if (offset >= sizeof(world_text))
			violation("a jump to nowhere: %#lx", ip);
		if (offset >= 2 * TEXT_PAGE)
			execute_selector(&regs, &zero);
		else if (ip == TEXT_OF(f))
			execute_slot(c, &regs);
		else
			break;
	}
	c->regs = outer;
	oracle_enter(f, regs.rip);
	body();
	oracle_leave();
}
