/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks first, and links without looking again: two callers both find nothing, and both link theirs.  One of the two writes
 * into a variable that nobody finds.  (The second look belongs under the lock, where the caller already is.)
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
