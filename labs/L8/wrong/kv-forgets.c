/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store is memory of the process.  The next server begins with nothing.
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
