/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variable is found by its object alone. If two patches add a field to the same structure, each finds the
 * variable of the other.
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
