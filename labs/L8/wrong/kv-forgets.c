/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers are in memory of the process. The next server begins without numbers.
 *
 * loses: P10
 */
/* splice: labs/L8/work/kv.c */
static int store_open(struct srv *srv)
{
	static struct store memory;

	store = &memory;
	return 0;
}
