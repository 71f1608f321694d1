/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib_pheap.c - the pairing heap of run queues and timers, after random insertions and removals. */
#include "tap.h"
#undef __always_inline

#include "../../kernel/lib/pheap.c"

#define NODES	200

static struct pheap_node nodes[NODES];

static u64 random_key(u64 *x)
{
	*x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
	return *x % 1000;
}

/* Takes out all items that are left; false if an item comes too early, or was removed before. */
static int drain(struct pheap *heap, unsigned removed_step, unsigned *count)
{
	u64 last = 0;
	int good = 1;

	while (heap->root) {
		struct pheap_node *node = heap->root;

		good = good && node->key >= last && (node - nodes) % removed_step != 0;
		last = node->key;
		pheap_remove(heap, node);
		++*count;
	}
	return good;
}

static void items_come_in_order_after_random_removals(void)
{
	u64 x = 88172645463325252UL;

	for (unsigned step = 2; step < 20; step++) {
		struct pheap heap = { NULL };
		unsigned inside = NODES, count = 0;

		for (unsigned i = 0; i < NODES; i++) {
			nodes[i].key = random_key(&x);
			pheap_insert(&heap, &nodes[i]);
		}
		for (unsigned i = 0; i < NODES; i += step, inside--)
			pheap_remove(&heap, &nodes[i]);
		CHECK(drain(&heap, step, &count));
		CHECK_EQ(count, inside);
	}
}

static void all_items_with_equal_keys_come_out(void)
{
	struct pheap heap = { NULL };
	unsigned count = 0;

	for (unsigned i = 0; i < NODES; i++) {
		nodes[i].key = 7;
		pheap_insert(&heap, &nodes[i]);
	}
	(void)drain(&heap, NODES + 1, &count);
	CHECK_EQ(count, NODES);
}

int main(void)
{
	TAP_TEST(items_come_in_order_after_random_removals);
	TAP_TEST(all_items_with_equal_keys_come_out);
	return tap_done();
}
