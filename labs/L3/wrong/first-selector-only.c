/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place in the page is not divided by the size of a selector: every CPU is sent to the function of the first
 * selector. If the test patches one function, this is right.
 *
 * loses: P3
 * at times: P4 P5 P6 P7 P8 P9
 */
/* splice: arch/x86_64/hook_selector.c */
notrace void selector_rewind(struct pt_regs *regs)
{
	unsigned pages = smp_load_acquire(&nr_selector_pages);

	if (user_mode(regs))
		return;
	for (unsigned p = 0; p < pages; p++) {
		unsigned long offset = regs->rip - selector_pages[p]->text;

		if (offset < selector_pages[p]->size) {
			regs->rip = selector_pages[p]->slots[0].func;
			return;
		}
	}
}
