/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU in a selector is sent back to the beginning of the selector, instead of the function. This is nearly right,
 * because the selector reads all values again. But the slot may no longer lead to the selector, and the selector may
 * be used for another function.
 *
 * loses: P3
 * at times: P5
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
			regs->rip = selector_pages[p]->slots[offset / SELECTOR_SIZE].entry;
			return;
		}
	}
}
