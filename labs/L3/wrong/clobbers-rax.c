/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selector uses rax for temporary values, as a function may. But a selector runs before the function: rax holds
 * the number of vector arguments of a variadic call, and compilers may use it for other values.
 *
 * loses: P2
 */
/* splice: arch/x86_64/hook_selector.c */
static void selector_generate(struct code *c, struct hook_version **top)
{
	u32 current_offset = offsetof(struct cpu, task);
	u32 state_offset = offsetof(struct task, patch_state);
	unsigned steady, patched;

	EMIT(c, 0x49, 0xbb);					/* movabs $top, %r11 */
	code_emit(c, &top, sizeof(top));
	EMIT(c, 0x4d, 0x8b, 0x1b);				/* mov (%r11), %r11 */
	EMIT(c, 0x41, 0x80, 0x7b, field_disp8(offsetof(struct hook_version, transition)), 0);
	steady = emit_short_jump(c, 0x74);			/* je */
	EMIT(c, 0x65, 0x48, 0x8b, 0x04, 0x25);			/* mov %gs:disp32, %rax */
	code_emit(c, &current_offset, sizeof(current_offset));
	EMIT(c, 0x83, 0xb8);					/* cmpl $0, disp32(%rax) */
	code_emit(c, &state_offset, sizeof(state_offset));
	EMIT(c, 0);
	patched = emit_short_jump(c, 0x75);			/* jne */
	EMIT(c, 0x4d, 0x8b, 0x5b, field_disp8(offsetof(struct hook_version, below)));
	land_short_jump(c, steady);
	land_short_jump(c, patched);
	EMIT(c, 0x41, 0xff, 0x63, field_disp8(offsetof(struct hook_version, ip)));
	while (c->n < SELECTOR_SIZE)
		EMIT(c, 0xcc);
}
