/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernfs_names.c - the index of a directory against a model: random names are added and removed, also names
 * with the same hash, or with the same beginning; after each step exactly the present names are found.
 *
 * sources: kernel/lib/avl.c
 */
#include "tap.h"
#undef __always_inline

#include <neurath/list.h>

/* Definitions in place of these kernel headers. */
#define NEURATH_KERNFS_H
#define NEURATH_PORT_H
#define NEURATH_BUG_H
#define NEURATH_STRING_H

typedef struct { int counter; } atomic_t;
struct kernfs_file_ops;
struct kernfs_dyn_dir;
struct file;
struct port_attr;
struct port_setattr;
struct statfs;

#include "../../kernel/kernfs/names.c"

#define NAMES	400

static struct kernfs_node dir, *nodes[NAMES];
static bool in[NAMES];
static u64 seed;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % n;
}

/* The first four names are two pairs; the names of a pair have the same hash (FNV-1a, 32 bits). */
static void make_nodes(void)
{
	static const char *const same_hash[] = { "costarring", "liquid", "declinate", "macallums" };

	kernfs_names_init(&dir);
	for (unsigned i = 0; i < NAMES; i++) {
		nodes[i] = calloc(1, sizeof(*nodes[i]) + 32);
		if (i < 4)
			strcpy(nodes[i]->name, same_hash[i]);
		else	/* "f1" is the beginning of "f10" */
			sprintf(nodes[i]->name, "f%u", i - 4);
	}
}

static void expect_model(void)
{
	char longer[40];

	for (unsigned i = 0; i < NAMES; i++) {
		const char *name = nodes[i]->name;

		CHECK(kernfs_names_find(&dir, name, strlen(name)) == (in[i] ? nodes[i] : NULL));
		/* Only the first bytes of the text are the name. */
		sprintf(longer, "%s/x", name);
		CHECK(kernfs_names_find(&dir, longer, strlen(name)) == (in[i] ? nodes[i] : NULL));
		CHECK(!kernfs_names_find(&dir, longer, strlen(longer)));
	}
}

static void random_steps_agree_with_the_model(void)
{
	for (unsigned step = 0; step < 4000; step++) {
		/* One of the four names with a common hash is chosen more often. */
		unsigned i = random_below(random_below(4) ? NAMES : 4);

		if (random_below(5) < (step / 500 % 2 ? 1 : 4)) {
			CHECK_EQ(kernfs_names_add(&dir, nodes[i]), !in[i]);
			in[i] = true;
		} else if (in[i]) {
			kernfs_names_remove(&dir, nodes[i]);
			in[i] = false;
		}
		if (step % 50 == 0)
			expect_model();
	}
	expect_model();
}

static void names_of_one_hash_are_two_names(void)
{
	CHECK_EQ(kernfs_names_add(&dir, nodes[0]) || in[0], true);
	CHECK_EQ(kernfs_names_add(&dir, nodes[1]) || in[1], true);
	CHECK_EQ(nodes[0]->hash, nodes[1]->hash);
	CHECK(kernfs_names_find(&dir, "costarring", 10) == nodes[0]);
	CHECK(kernfs_names_find(&dir, "liquid", 6) == nodes[1]);
}

int main(void)
{
	make_nodes();
	TAP_TEST(random_steps_agree_with_the_model);
	TAP_TEST(names_of_one_hash_are_two_names);
	for (unsigned i = 0; i < NAMES; i++)
		free(nodes[i]);
	return tap_done();
}
