/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The third patch continues to use the variable of the second unchanged: the variable holds a number of times, and
 * bytes are added to it.
 *
 * loses: P10
 */
/* splice: labs/L9/work/bytes.c */
static atomic_t *bytes_get(void)
{
	return klp_shadow_get_or_alloc(&boot_info, READS, sizeof(atomic_t), GFP_KERNEL, NULL, NULL);
}

static void bytes_convert(struct klp_object *obj)
{
}

static void bytes_forget(struct klp_object *obj)
{
	klp_shadow_free_all(READS, NULL);
}
