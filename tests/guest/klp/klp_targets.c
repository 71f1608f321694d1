/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_targets.c - a patched module is loaded and unloaded during transitions: a few seconds of the
 * storm in klp_targets.h, which `make stress` runs for longer.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_targets.h"
#include "klp_text.h"

static void targets_come_and_go_while_their_patches_do(void)
{
	klp_targets_storm(3);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(targets_come_and_go_while_their_patches_do);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
