/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The third patch has a variable of its own, and does not read the count of the second patch.
 *
 * loses: P10
 */
/* splice: labs/L9/work/bytes.c */
static void bytes_convert(struct klp_object *obj)
{
}
