/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib_avl.c - AVL trees against a model: random insertions, removals and changes; after each step order,
 * links, balance, and the summary of every subtree are compared with an array.
 *
 * sources: kernel/lib/avl.c
 */
#include "tap.h"
#undef __always_inline

#include <neurath/avl.h>

#define ITEMS	300

struct item {
	struct avl_node node;
	unsigned value, largest;	/* of the subtree */
};

static struct item items[ITEMS], *model[ITEMS];
static unsigned n_in;

static struct item *item_of(struct avl_node *node)
{
	return node ? container_of(node, struct item, node) : NULL;
}

static bool item_summarize(struct avl_node *node)
{
	struct item *item = item_of(node);
	unsigned largest = item->value, before = item->largest;

	for (unsigned side = 0; side < 2; side++) {
		if (node->child[side])
			largest = max(largest, item_of(node->child[side])->largest);
	}
	item->largest = largest;
	return largest != before;
}

static struct avl_tree tree = { .summarize = item_summarize };

static u64 seed;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % n;
}

/* Checks the subtree, which holds the model's items from *place on; returns its height and largest value. */
static unsigned expect_subtree(struct avl_node *node, struct avl_node *parent, unsigned *place,
			       unsigned *largest)
{
	unsigned height[2], below[2] = { 0 };

	*largest = 0;
	if (!node)
		return 0;
	CHECK(node->parent == parent);
	height[0] = expect_subtree(node->child[AVL_LEFT], node, place, &below[0]);
	CHECK(*place < n_in && item_of(node) == model[*place]);
	(*place)++;
	height[1] = expect_subtree(node->child[AVL_RIGHT], node, place, &below[1]);
	CHECK(height[0] <= height[1] + 1 && height[1] <= height[0] + 1);
	CHECK_EQ(node->height, 1 + max(height[0], height[1]));
	*largest = max(item_of(node)->value, max(below[0], below[1]));
	CHECK_EQ(item_of(node)->largest, *largest);
	return node->height;
}

static void expect_model(void)
{
	unsigned place = 0, largest;

	expect_subtree(tree.root, NULL, &place, &largest);
	CHECK_EQ(place, n_in);
}

static void insert_at(struct item *item, unsigned place)
{
	struct item *prev = place ? model[place - 1] : NULL;
	struct item *next = place < n_in ? model[place] : NULL;

	item->value = random_below(1000);
	if (next)
		next->value = random_below(1000);
	avl_insert(&tree, &item->node, prev ? &prev->node : NULL, next ? &next->node : NULL);
	memmove(model + place + 1, model + place, (n_in - place) * sizeof(*model));
	model[place] = item;
	n_in++;
}

static struct item *remove_at(unsigned place)
{
	struct item *item = model[place];

	if (place + 1 < n_in)
		model[place + 1]->value = random_below(1000);
	avl_remove(&tree, &item->node);
	n_in--;
	memmove(model + place, model + place + 1, (n_in - place) * sizeof(*model));
	return item;
}

static void random_steps_agree_with_the_model(void)
{
	struct item *out[ITEMS];
	unsigned n_out = ITEMS;

	for (unsigned i = 0; i < ITEMS; i++)
		out[i] = &items[i];
	for (unsigned step = 0; step < 20000; step++) {
		/* The tree becomes full and empty again a few times. */
		bool grow = random_below(4) != (step / 2000) % 2 * 3;
		unsigned what = random_below(3);

		if (what == 0 && n_in) {
			struct item *item = model[random_below(n_in)];

			item->value = random_below(1000);
			avl_changed(&tree, &item->node);
		} else if (grow && n_out) {
			insert_at(out[--n_out], random_below(n_in + 1));
		} else if (!grow && n_in) {
			out[n_out++] = remove_at(random_below(n_in));
		}
		expect_model();
	}
	while (n_in)
		remove_at(random_below(n_in));
	CHECK(tree.root == NULL);
}

static void sorted_insertions_leave_a_flat_tree(void)
{
	for (unsigned i = 0; i < 255; i++) {
		insert_at(&items[i], i);
		expect_model();
	}
	CHECK_EQ(tree.root->height, 8);
	while (n_in) {
		remove_at(0);
		expect_model();
	}
	for (unsigned i = 0; i < 255; i++)
		insert_at(&items[i], 0);
	expect_model();
	CHECK_EQ(tree.root->height, 8);
}

int main(void)
{
	seed = tap_seed();
	TAP_TEST(random_steps_agree_with_the_model);
	TAP_TEST(sorted_insertions_leave_a_flat_tree);
	return tap_done();
}
