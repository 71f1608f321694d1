/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The taint mask: abnormal events of this kernel, as a set of bits that only grows.  Numbers and
 * letters are Linux's.
 */
#include <neurath/module.h>

static unsigned long taint_mask;

static const struct {
	u8 bit;
	char letter;
} taint_letters[] = {
	{ TAINT_PROPRIETARY_MODULE, 'P' }, { TAINT_FORCED_MODULE, 'F' },
	{ TAINT_FORCED_RMMOD, 'R' }, { TAINT_DIE, 'D' }, { TAINT_WARN, 'W' },
	{ TAINT_OOT_MODULE, 'O' }, { TAINT_LIVEPATCH, 'K' },
};

notrace void add_taint(unsigned int flag)
{
	set_bit(flag, &taint_mask);
}

unsigned long get_taint(void)
{
	return READ_ONCE(taint_mask);
}

size_t module_format_taints(unsigned long taints, char *buf)
{
	size_t n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(taint_letters); i++) {
		if (taints & BIT(taint_letters[i].bit))
			buf[n++] = taint_letters[i].letter;
	}
	buf[n] = '\0';
	return n;
}

const char *print_tainted(void)
{
	static char text[32] = "Tainted: ";

	if (!get_taint())
		return "Not tainted";
	module_format_taints(get_taint(), text + 9);
	return text;
}
