/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hand-written part of the patch of callbacks.diff: the callbacks before and after the transition. */
#include <linux/kernel.h>
#include <linux/livepatch.h>

static int added;

int partitions_added(void);
int partitions_added(void)
{
	return added;
}

static void tell(const char *what, struct klp_object *obj)
{
	pr_info("callbacks: %s %s\n", what, obj->name ? obj->name : "vmlinux");
}

int pre_patch(struct klp_object *obj);
int pre_patch(struct klp_object *obj)
{
	added = 42;
	tell("pre_patch", obj);
	return 0;
}

void post_patch(struct klp_object *obj);
void post_patch(struct klp_object *obj)
{
	tell("post_patch", obj);
}

void pre_unpatch(struct klp_object *obj);
void pre_unpatch(struct klp_object *obj)
{
	tell("pre_unpatch", obj);
}

void post_unpatch(struct klp_object *obj);
void post_unpatch(struct klp_object *obj)
{
	tell("post_unpatch", obj);
}
