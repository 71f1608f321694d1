/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shadow variables and states are never found, and a replace adds no nops. */
/* splice: livepatch/shadow.c */
/* In an RCU read section, or shadow_lock is held. */
static struct shadow *shadow_find(void *obj, unsigned long id)
{
	/* L9: yours, see labs/L9/README.md */
	return NULL;
}
/* splice: livepatch/replace.c */
int klp_add_nops(struct klp_patch *patch)
{
	/* L9: yours, see labs/L9/README.md */
	return 0;
}
