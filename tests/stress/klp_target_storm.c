/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_target_storm.c - a patched module comes and goes during transitions, for a minute: see
 * lib/klp_targets.h.
 *
 * timeout: 300
 */
#define _GNU_SOURCE
#include "klp_targets.h"

static void targets_come_and_go_for_a_minute(void)
{
	klp_targets_storm(60);
}

int main(void)
{
	TAP_TEST(targets_come_and_go_for_a_minute);
	return tap_done();
}
