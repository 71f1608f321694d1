/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unwind.c - the reliable unwinder on hand-made stacks: the stacks that it must accept, and each reason for
 * which it must refuse.  The stacks have the layout of the kernel's (the drawing in arch/x86_64/unwind.c).
 */
#include "tap.h"
#undef __always_inline

/* Definitions in place of these kernel headers. */
#define NEURATH_TASK_H
#define NEURATH_SCHED_H
#define NEURATH_HOOK_H
#define NEURATH_KSYMS_H
#include <neurath/types.h>
#include <neurath/ptregs.h>

#define KSTACK_SIZE	(16 * 1024UL)
#define WORDS		(KSTACK_SIZE / 8)

struct task {
	void *stack;
	unsigned long kernel_sp;
	bool running;
	struct return_stack *returns;
};

static struct task *current;

static bool task_running(const struct task *task)
{
	return task->running;
}

/* Text of an invented kernel, with the ranges and functions that the unwinder knows by name. */
__asm__(".data\n"
	".balign 4096\n"
	"text: .skip 0x4000\n"
	".globl text, __entry_text_start, __entry_text_end\n"
	".globl kthread_first_return, fork_first_return, return_hook_stub\n"
	".set __entry_text_start, text + 0x1000\n"
	".set __entry_text_end, text + 0x2000\n"
	".set kthread_first_return, text + 0x1100\n"
	".set fork_first_return, text + 0x1200\n"
	".set return_hook_stub, text + 0x1300\n"
	".text\n");
extern char text[];
#define TEXT_SIZE	0x4000

static bool kernel_text_address(unsigned long addr)
{
	return addr >= (unsigned long)text && addr < (unsigned long)text + TEXT_SIZE;
}

/* Each function is 0x100 bytes long. */
struct ksym {
	const char *name;
	unsigned long start, size;
};

static bool ksym_lookup(unsigned long addr, struct ksym *out)
{
	out->start = addr & ~0xffUL;
	out->size = 0x100;
	return kernel_text_address(addr);
}

#define SLOT_SIZE	5
#include "../../arch/x86_64/frame_state.c"
#include "../../arch/x86_64/unwind.c"

#define ENTRY_CALL	((unsigned long)text + 0x1110)	/* a return address in .entry.text */
#define FUNC(n)		((unsigned long)text + 0x100 * (n) + 5)
#define UACCESS		((unsigned long)text + 0x2040)
#define ROOM		32

static _Alignas(16) unsigned long stack[WORDS];
static struct task task;
static unsigned long entries[ROOM];
static unsigned count;

static unsigned long addr(unsigned word)
{
	return (unsigned long)&stack[word];
}

/* Makes a frame at @word: the caller's frame pointer and the return address. */
static void frame(unsigned word, unsigned long next, unsigned long ret)
{
	stack[word] = next;
	stack[word + 1] = ret;
}

/* Puts the registers of user mode at the very top, as every entry does; returns the mark of these registers. */
static unsigned long user_regs(void)
{
	struct pt_regs *regs = (struct pt_regs *)&stack[WORDS] - 1;

	memset(regs, 0, sizeof(*regs));
	regs->cs = 0x33;
	return (unsigned long)regs | 1;
}

static void begin(void)
{
	memset(stack, 0, sizeof(stack));
	task = (struct task){ .stack = stack, .kernel_sp = addr(100 - SWITCH_FRAME_WORDS) };
}

static enum unwind_reason walk_room(unsigned room)
{
	count = room;
	return unwind_reliable(&task, entries, &count);
}

static enum unwind_reason walk(void)
{
	return walk_room(ROOM);
}

/* ---- accepted ----------------------------------------------------------------------- */

static void user_task_ends_at_its_registers(void)
{
	begin();
	frame(100, addr(110), FUNC(1));
	frame(110, addr(120), FUNC(2));
	frame(120, user_regs(), ENTRY_CALL);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 3);
	CHECK_EQ(entries[0], FUNC(1));
	CHECK_EQ(entries[2], ENTRY_CALL);
}

static void kernel_thread_ends_with_an_empty_frame_pointer_in_entry_text(void)
{
	begin();
	frame(100, addr(110), FUNC(1));
	frame(110, 0, ENTRY_CALL);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 2);
}

static void task_that_never_ran_is_inside_its_first_code(void)
{
	begin();
	frame(100, 0, (unsigned long)kthread_first_return);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(entries[0], (unsigned long)kthread_first_return + 1);
}

static void dead_task_returns_into_nothing(void)
{
	begin();
	task.stack = NULL;
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 0);
}

/* A user copy: push %rbp; mov %rsp,%rbp; and the access. */
static void fault_in_a_user_copy_is_walked(void)
{
	static const unsigned char copy[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x8b, 0x06 };
	struct pt_regs *regs = (struct pt_regs *)&stack[120];

	begin();
	memcpy(text + 0x2000, copy, sizeof(copy));
	frame(100, addr(120) | 1, FUNC(1));
	regs->cs = 0x10;
	regs->rip = UACCESS;
	regs->rsp = regs->rbp = addr(150);
	frame(150, user_regs(), FUNC(2));
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 3);
	CHECK_EQ(entries[1], UACCESS + 1);
}

static const unsigned char prologue[] = {
	0x0f, 0x1f, 0x44, 0, 0,		/* slot */
	0x31, 0xc0,			/* GCC moves an instruction before the push ... */
	0x55,				/* push %rbp */
	0x48, 0x89, 0xf2,		/* ... and one behind it */
	0x48, 0x89, 0xe5,		/* mov %rsp,%rbp */
	0x90,				/* body */
	0x5d,				/* pop %rbp */
	0x31, 0xd2,			/* ... and one behind the end of the frame */
	0xc3 };				/* ret */

#define OFFSET_BODY	14
#define OFFSET_TAIL	16
#define OFFSET_RET	18

/* What FUNC(3), which FUNC(2) has called, has on the stack, in words. */
enum part { NOTHING, PUSHED, FRAMED, FRAMED_AND_A_LOCAL };

/* FUNC(3) is interrupted at @offset; FUNC(1) has called FUNC(2). Returns the registers, at word 110. */
static struct pt_regs *interrupt_at(unsigned offset, enum part part)
{
	struct pt_regs *regs = (struct pt_regs *)&stack[110];
	unsigned word = 140;

	begin();
	memcpy(text + 0x300, prologue, sizeof(prologue));
	frame(100, addr(110) | 1, FUNC(5));	/* the handler */
	stack[word] = FUNC(2);
	frame(150, addr(160), FUNC(1));
	frame(160, user_regs(), ENTRY_CALL);
	regs->cs = 0x10;
	regs->rip = (unsigned long)text + 0x300 + offset;
	if (part >= PUSHED)
		stack[--word] = addr(150);
	regs->rbp = part >= FRAMED ? addr(word) : addr(150);
	if (part == FRAMED_AND_A_LOCAL)
		stack[--word] = 7;
	regs->rsp = addr(word);
	return regs;
}

static void walk_finds_the_caller_at(unsigned offset, enum part part)
{
	interrupt_at(offset, part);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 5);
	CHECK_EQ(entries[0], FUNC(5));
	CHECK_EQ(entries[1], (unsigned long)text + 0x300 + offset + 1);
	CHECK_EQ(entries[2], FUNC(2));
	CHECK_EQ(entries[3], FUNC(1));
	CHECK_EQ(entries[4], ENTRY_CALL);
}

static void interrupted_function_is_walked_at_every_instruction(void)
{
	walk_finds_the_caller_at(0, NOTHING);
	walk_finds_the_caller_at(5, NOTHING);
	walk_finds_the_caller_at(7, NOTHING);
	walk_finds_the_caller_at(8, PUSHED);
	walk_finds_the_caller_at(11, PUSHED);
	walk_finds_the_caller_at(OFFSET_BODY, FRAMED);
	walk_finds_the_caller_at(OFFSET_BODY, FRAMED_AND_A_LOCAL);
	walk_finds_the_caller_at(OFFSET_BODY + 1, FRAMED_AND_A_LOCAL);
	walk_finds_the_caller_at(OFFSET_RET, NOTHING);
}

/* The main function of a kernel thread: the caller's frame pointer is 0. */
static void interrupted_thread_ends_at_its_first_function(void)
{
	for (enum part part = NOTHING; part <= FRAMED; part++) {
		struct pt_regs *regs = interrupt_at(part == NOTHING ? 5 : part == PUSHED ? 8 : OFFSET_BODY, part);

		stack[140] = ENTRY_CALL;
		if (part == NOTHING || part == PUSHED)
			regs->rbp = 0;
		if (part != NOTHING)
			stack[139] = 0;
		CHECK_EQ(walk(), UNWIND_OK);
		CHECK_EQ(count, 3);
		CHECK_EQ(entries[2], ENTRY_CALL);
		stack[140] = FUNC(2);
		CHECK_EQ(walk(), UNWIND_BAD_END);
	}
}

/* The displacement of a jump in a slot is no instruction. */
static void bytes_of_a_slot_are_not_searched(void)
{
	static const unsigned char slots[][5] = { { 0xe9, 0x48, 0x89, 0xe5, 0 }, { 0xcc, 0x48, 0x89, 0xe5, 0 } };

	for (unsigned i = 0; i < 2; i++) {
		interrupt_at(5, NOTHING);
		memcpy(text + 0x300, slots[i], sizeof(slots[i]));
		CHECK_EQ(walk(), UNWIND_OK);
		CHECK_EQ(count, 5);
		CHECK_EQ(entries[2], FUNC(2));
	}
}

/* No frame: only the word on top is used. */
static void interrupted_leaf_is_walked(void)
{
	struct pt_regs *regs = interrupt_at(0, NOTHING);

	memset(text + 0x400, 0x90, 0x40);
	regs->rip = FUNC(4);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 5);
	CHECK_EQ(entries[2], FUNC(2));
}

static void interrupt_of_an_interrupt_is_walked(void)
{
	struct pt_regs *inner = (struct pt_regs *)&stack[60];

	interrupt_at(8, PUSHED);
	task.kernel_sp = addr(50 - SWITCH_FRAME_WORDS);
	frame(50, addr(60) | 1, FUNC(6));
	inner->cs = 0x10;
	inner->rip = (unsigned long)text + 0x300 + OFFSET_RET;
	inner->rsp = addr(90);
	inner->rbp = addr(100);
	stack[90] = FUNC(7);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 8);
	CHECK_EQ(entries[0], FUNC(6));
	CHECK_EQ(entries[2], FUNC(7));
	CHECK_EQ(entries[3], FUNC(5));
	CHECK_EQ(entries[5], FUNC(2));
}

/* ---- refused ------------------------------------------------------------------------- */

static void running_task_is_refused(void)
{
	begin();
	task.running = true;
	CHECK_EQ(walk(), UNWIND_RUNNING);
}

static void interrupted_code_without_frames_is_refused(void)
{
	struct pt_regs *regs = interrupt_at(OFFSET_BODY, FRAMED);

	regs->rip = (unsigned long)text + 0x1200;	/* entry code */
	CHECK_EQ(walk(), UNWIND_KERNEL_REGS);
	regs->rip = (unsigned long)text + TEXT_SIZE;	/* a selector, a trampoline: no symbol */
	CHECK_EQ(walk(), UNWIND_KERNEL_REGS);
}

/* Behind pop %rbp the return address is on top; a body may have pushed an address of text, too. */
static void end_of_a_function_is_never_taken_for_its_body(void)
{
	struct pt_regs *regs;

	interrupt_at(OFFSET_TAIL, NOTHING);
	CHECK_EQ(walk(), UNWIND_KERNEL_REGS);
	regs = interrupt_at(OFFSET_BODY, FRAMED_AND_A_LOCAL);
	*(unsigned long *)regs->rsp = FUNC(4);
	CHECK_EQ(walk(), UNWIND_KERNEL_REGS);
}

static void registers_that_do_not_fit_the_stack_are_refused(void)
{
	interrupt_at(OFFSET_BODY, FRAMED)->rbp = addr(138);		/* below the stack pointer */
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	interrupt_at(OFFSET_BODY, FRAMED)->rbp = addr(139) | 1;
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	interrupt_at(OFFSET_BODY, FRAMED)->rsp = addr(120);		/* inside of the registers */
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	interrupt_at(5, NOTHING)->rsp = addr(WORDS);
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	interrupt_at(5, NOTHING)->rbp = addr(130);
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
}

static void return_address_outside_text_is_refused(void)
{
	begin();
	frame(100, addr(110), (unsigned long)stack);
	frame(110, user_regs(), FUNC(1));
	CHECK_EQ(walk(), UNWIND_BAD_ADDRESS);
	begin();
	frame(100, addr(110), 0);
	CHECK_EQ(walk(), UNWIND_BAD_ADDRESS);
}

/* The address after the last byte of text belongs to a call; the first byte of text does not. */
static void addresses_are_judged_by_their_call(void)
{
	begin();
	frame(100, addr(110), (unsigned long)text + TEXT_SIZE);
	frame(110, user_regs(), FUNC(1));
	CHECK_EQ(walk(), UNWIND_OK);
	begin();
	frame(100, addr(110), (unsigned long)text);
	frame(110, user_regs(), FUNC(1));
	CHECK_EQ(walk(), UNWIND_BAD_ADDRESS);
}

static void frame_pointer_that_does_not_rise_is_refused(void)
{
	begin();
	frame(100, addr(100), FUNC(1));
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	begin();
	frame(100, addr(110), FUNC(1));
	frame(110, addr(104), FUNC(2));
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
}

static void frame_pointer_off_the_stack_is_refused(void)
{
	begin();
	frame(100, addr(WORDS) + 64, FUNC(1));
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	begin();
	frame(100, addr(WORDS - 1), FUNC(1));	/* only half of the next frame is on the stack */
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
	begin();
	frame(100, addr(110) + 4, FUNC(1));	/* not aligned */
	CHECK_EQ(walk(), UNWIND_BAD_FRAME);
}

static void end_in_the_wrong_place_is_refused(void)
{
	struct pt_regs *regs = (struct pt_regs *)&stack[120];

	begin();
	frame(100, 0, FUNC(1));			/* empty frame pointer, but not from entry code */
	CHECK_EQ(walk(), UNWIND_BAD_END);
	begin();
	frame(100, addr(120) | 1, FUNC(1));	/* user registers, but not at the top */
	regs->cs = 0x33;
	CHECK_EQ(walk(), UNWIND_BAD_END);
}

static void stack_deeper_than_the_room_is_refused(void)
{
	begin();
	for (unsigned i = 0; i < 10; i++)
		frame(100 + 10 * i, addr(110 + 10 * i), FUNC(1));
	frame(200, user_regs(), ENTRY_CALL);
	CHECK_EQ(walk_room(10), UNWIND_TOO_DEEP);
	CHECK_EQ(walk_room(11), UNWIND_OK);
}

/* ---- guessed: the caller of an interrupted function with any part of its frame --------- */

static void guess_at(unsigned offset, enum part part)
{
	struct pt_regs *regs = interrupt_at(offset, part);

	count = unwind_guess(&task, regs, entries, ROOM);
	CHECK_EQ(count, 4);
	CHECK_EQ(entries[0], regs->rip + 1);
	CHECK_EQ(entries[1], FUNC(2));
	CHECK_EQ(entries[2], FUNC(1));
	CHECK_EQ(entries[3], ENTRY_CALL);
}

static void caller_is_found_at_every_instruction(void)
{
	guess_at(0, NOTHING);
	guess_at(5, NOTHING);
	guess_at(7, NOTHING);
	guess_at(8, PUSHED);
	guess_at(11, PUSHED);
	guess_at(OFFSET_BODY, FRAMED);
	guess_at(OFFSET_BODY + 1, FRAMED);
	guess_at(OFFSET_RET, NOTHING);
}

static void caller_of_a_bad_address_is_found(void)
{
	struct pt_regs regs = { .cs = 0x10, .rip = 8, .rsp = addr(140), .rbp = addr(150) };

	begin();
	stack[140] = FUNC(2);
	frame(150, user_regs(), FUNC(1));
	count = unwind_guess(&task, &regs, entries, ROOM);
	CHECK_EQ(count, 3);
	CHECK_EQ(entries[1], FUNC(2));
	CHECK_EQ(entries[2], FUNC(1));
}

/* ---- hooked returns -------------------------------------------------------------------- */

#define HOOK	((unsigned long)return_hook_stub)

static struct return_stack hooks;

/* Hooks the return at @word, which goes to @ret. */
static void hook(unsigned word, unsigned long ret)
{
	task.returns = &hooks;
	hooks.entry[++hooks.depth] = (struct return_entry){ .at = &stack[word], .ret = ret };
	stack[word] = HOOK;
}

static void begin_hooked(void)
{
	begin();
	memset(&hooks, 0, sizeof(hooks));
	frame(100, addr(110), FUNC(1));
	frame(110, addr(120), FUNC(2));
	frame(120, user_regs(), ENTRY_CALL);
}

static void hooked_returns_are_found_beside_the_stack(void)
{
	begin_hooked();
	hook(121, ENTRY_CALL);
	hook(101, FUNC(1));
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 3);
	CHECK_EQ(entries[0], FUNC(1));
	CHECK_EQ(entries[1], FUNC(2));
	CHECK_EQ(entries[2], ENTRY_CALL);
}

/* A function and its new version are both traced: they make one call with one return. */
static void return_that_is_hooked_twice_leads_to_the_first_address(void)
{
	begin_hooked();
	hook(111, FUNC(2));
	hook(111, HOOK);
	CHECK_EQ(walk(), UNWIND_OK);
	CHECK_EQ(count, 3);
	CHECK_EQ(entries[1], FUNC(2));
}

static void hook_without_an_entry_is_refused(void)
{
	begin_hooked();
	stack[111] = HOOK;
	CHECK_EQ(walk(), UNWIND_BAD_ADDRESS);
	hook(101, FUNC(1));
	CHECK_EQ(walk(), UNWIND_BAD_ADDRESS);
	CHECK_EQ(count, 1);
	/* A hook of another place does not help. */
	hook(109, FUNC(2));
	CHECK_EQ(walk(), UNWIND_BAD_ADDRESS);
}

/* A kernel thread ends in .entry.text, which also holds the stub: the unwinder must judge the true address. */
static void hooked_end_of_a_thread_is_judged_by_the_true_address(void)
{
	begin_hooked();
	frame(120, 0, ENTRY_CALL);
	hook(121, ENTRY_CALL);
	CHECK_EQ(walk(), UNWIND_OK);
	hooks.entry[1].ret = FUNC(3);
	CHECK_EQ(walk(), UNWIND_BAD_END);
}

static void caller_behind_a_hook_is_found_before_the_frame_exists(void)
{
	struct pt_regs regs = { .cs = 0x10, .rip = (unsigned long)text + 0x300 };

	begin_hooked();
	memcpy(text + 0x300, prologue, sizeof(prologue));
	regs.rsp = addr(90);
	regs.rbp = addr(100);
	hook(90, FUNC(4));
	count = unwind_guess(&task, &regs, entries, ROOM);
	CHECK_EQ(count, 5);
	CHECK_EQ(entries[1], FUNC(4));
	CHECK_EQ(entries[2], FUNC(1));
}

/* For any contents of the stack there is an answer, no fault, no loop, and never more entries than room. */
static void random_stacks_get_an_answer(void)
{
	srand((unsigned)tap_seed());
	for (int round = 0; round < 200000; round++) {
		begin();
		for (int i = 0; i < 40; i++) {
			unsigned word = 100 + (unsigned)rand() % 60;

			switch (rand() % 4) {
			case 0:
				stack[word] = addr(100 + (unsigned)rand() % 80) | (rand() % 8 == 0);
				break;
			case 1:
				stack[word] = FUNC(rand() % 30);
				break;
			case 2:
				stack[word] = UACCESS;
				break;
			default:
				stack[word] = (unsigned long)rand() % WORDS * 8 + addr(0);
			}
		}
		walk();
		CHECK(count <= ROOM);
		CHECK(unwind_guess(&task, NULL, entries, ROOM) <= ROOM);
	}
}

int main(void)
{
	TAP_TEST(user_task_ends_at_its_registers);
	TAP_TEST(kernel_thread_ends_with_an_empty_frame_pointer_in_entry_text);
	TAP_TEST(task_that_never_ran_is_inside_its_first_code);
	TAP_TEST(dead_task_returns_into_nothing);
	TAP_TEST(fault_in_a_user_copy_is_walked);
	TAP_TEST(interrupted_function_is_walked_at_every_instruction);
	TAP_TEST(interrupted_thread_ends_at_its_first_function);
	TAP_TEST(bytes_of_a_slot_are_not_searched);
	TAP_TEST(interrupted_leaf_is_walked);
	TAP_TEST(interrupt_of_an_interrupt_is_walked);
	TAP_TEST(running_task_is_refused);
	TAP_TEST(interrupted_code_without_frames_is_refused);
	TAP_TEST(end_of_a_function_is_never_taken_for_its_body);
	TAP_TEST(registers_that_do_not_fit_the_stack_are_refused);
	TAP_TEST(return_address_outside_text_is_refused);
	TAP_TEST(addresses_are_judged_by_their_call);
	TAP_TEST(frame_pointer_that_does_not_rise_is_refused);
	TAP_TEST(frame_pointer_off_the_stack_is_refused);
	TAP_TEST(end_in_the_wrong_place_is_refused);
	TAP_TEST(stack_deeper_than_the_room_is_refused);
	TAP_TEST(caller_is_found_at_every_instruction);
	TAP_TEST(caller_of_a_bad_address_is_found);
	TAP_TEST(hooked_returns_are_found_beside_the_stack);
	TAP_TEST(return_that_is_hooked_twice_leads_to_the_first_address);
	TAP_TEST(hook_without_an_entry_is_refused);
	TAP_TEST(hooked_end_of_a_thread_is_judged_by_the_true_address);
	TAP_TEST(caller_behind_a_hook_is_found_before_the_frame_exists);
	TAP_TEST(random_stacks_get_an_answer);
	return tap_done();
}
