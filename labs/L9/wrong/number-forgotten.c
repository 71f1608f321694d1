/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variable is found by its object alone.  Two patches that each add a field to the same structure find each other's.
 *
 * loses: P2 P3 P4 P10
 */
/* splice: livepatch/shadow.c */
static struct shadow *shadow_find(void *obj, unsigned long id)
{
	struct shadow *s = smp_load_acquire(shadow_bucket(obj));

	while (s && s->obj != obj)
		s = smp_load_acquire(&s->next);
	return s;
}
