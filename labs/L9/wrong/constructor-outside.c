/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code searches first, and links without a second search: two callers both find no variable, and both link their
 * own. One of them writes into a variable that is never found. (The second search must be under the lock, which the
 * caller already holds.)
 *
 * loses: P2 P3 P4
 */
/* splice: livepatch/shadow.c */
static struct shadow *shadow_publish(struct shadow *new, klp_shadow_ctor_t ctor, void *ctor_data,
				     bool *existed)
{
	struct shadow **bucket = shadow_bucket(new->obj);
	int error = ctor ? ctor(new->obj, new->data, ctor_data) : 0;

	*existed = false;
	if (error) {
		pr_err("Failed to construct shadow variable <%p, %lx> (%d)\n", new->obj, new->id,
		       error);
		return NULL;
	}
	new->next = *bucket;
	smp_store_release(bucket, new);
	return new;
}
