/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The selector does not test the state of the task: in a transition, every task gets the old version. The student
 * tested before and after a transition, and both results were right.
 *
 * loses: P2 P5
 * at times: P4 P6 P7 P8 P9
 */
/* splice: arch/x86_64/hook_selector.c */
static void selector_generate(struct code *c, struct hook_version **top)
{
	unsigned steady;

	EMIT(c, 0x49, 0xbb);					/* movabs $top, %r11 */
	code_emit(c, &top, sizeof(top));
	EMIT(c, 0x4d, 0x8b, 0x1b);				/* mov (%r11), %r11 */
	EMIT(c, 0x41, 0x80, 0x7b, field_disp8(offsetof(struct hook_version, transition)), 0);
	steady = emit_short_jump(c, 0x74);			/* je */
	EMIT(c, 0x4d, 0x8b, 0x5b, field_disp8(offsetof(struct hook_version, below)));
	land_short_jump(c, steady);
	EMIT(c, 0x41, 0xff, 0x63, field_disp8(offsetof(struct hook_version, ip)));
	while (c->n < SELECTOR_SIZE)
		EMIT(c, 0xcc);
}
