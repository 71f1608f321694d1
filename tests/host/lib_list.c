/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib_list.c - the kernel's lists: fixed cases, and random operations compared with an array. */
#include "tap.h"
#undef __always_inline

#include <neurath/list.h>

struct item {
	int value;
	struct list_head node;
};

#define ITEMS	16

static struct item items[ITEMS];

/* Checks that the list contains exactly @want[0..n), both forwards and backwards. */
static void expect(struct list_head *head, const int *want, int n)
{
	struct item *item;
	int i = 0;

	list_for_each_entry(item, head, node) {
		CHECK(i < n);
		CHECK_EQ(item->value, want[i]);
		i++;
	}
	CHECK_EQ(i, n);
	list_for_each_entry_reverse(item, head, node)
		CHECK_EQ(item->value, want[--i]);
	CHECK_EQ(list_empty(head), n == 0);
	CHECK_EQ(list_is_singular(head), n == 1);
}

static void members_come_out_in_the_order_they_went_in(void)
{
	LIST_HEAD(head);

	for (int i = 0; i < 3; i++)
		items[i].value = i;
	list_add_tail(&items[1].node, &head);
	list_add(&items[0].node, &head);
	list_add_tail(&items[2].node, &head);
	expect(&head, (int[]){ 0, 1, 2 }, 3);
	list_del(&items[1].node);
	expect(&head, (int[]){ 0, 2 }, 2);
	list_move_tail(&items[0].node, &head);
	expect(&head, (int[]){ 2, 0 }, 2);
}

static void removal_during_the_safe_walk_is_allowed(void)
{
	struct item *item, *next;
	LIST_HEAD(head);

	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_add_tail(&items[i].node, &head);
	}
	list_for_each_entry_safe(item, next, &head, node)
		if (item->value % 2)
			list_del_init(&item->node);
	expect(&head, (int[]){ 0, 2 }, 2);
	CHECK(list_empty(&items[1].node));
}

static void splice_moves_all_to_the_front(void)
{
	LIST_HEAD(a);
	LIST_HEAD(b);

	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_add_tail(&items[i].node, i < 2 ? &a : &b);
	}
	list_splice_init(&b, &a);
	expect(&a, (int[]){ 2, 3, 0, 1 }, 4);
	expect(&b, NULL, 0);
	list_splice_init(&b, &a);
	expect(&a, (int[]){ 2, 3, 0, 1 }, 4);
}

static void random_operations_agree_with_an_array(void)
{
	int model[ITEMS], n = 0;
	bool in[ITEMS] = { false };
	LIST_HEAD(head);

	srand((unsigned)tap_seed());
	for (int i = 0; i < ITEMS; i++)
		items[i].value = i;
	for (int round = 0; round < 20000; round++) {
		int which = rand() % ITEMS, at = 0;

		if (in[which]) {
			while (model[at] != which)
				at++;
			memmove(&model[at], &model[at + 1], (size_t)(--n - at) * sizeof(int));
			list_del(&items[which].node);
		} else if (rand() % 2) {
			model[n++] = which;
			list_add_tail(&items[which].node, &head);
		} else {
			memmove(&model[1], &model[0], (size_t)n++ * sizeof(int));
			model[0] = which;
			list_add(&items[which].node, &head);
		}
		in[which] = !in[which];
		expect(&head, model, n);
	}
}

int main(void)
{
	TAP_TEST(members_come_out_in_the_order_they_went_in);
	TAP_TEST(removal_during_the_safe_walk_is_allowed);
	TAP_TEST(splice_moves_all_to_the_front);
	TAP_TEST(random_operations_agree_with_an_array);
	return tap_done();
}
