/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a directory: a tree of its children, in the order of a hash of the names; children
 * with the same hash are in the order of their names.  So a look-up among thousands of children
 * (the functions of a patch) compares a few numbers and one text.
 *
 * Lock: kernfs_mutex, as for the rest of the shape of the trees.
 */
#include <neurath/bug.h>
#include <neurath/string.h>
#include "kernfs_internal.h"

static struct kernfs_node *names_node(struct avl_node *place)
{
	return container_of(place, struct kernfs_node, place);
}

/* The tree keeps no summary. */
static bool names_summarize(struct avl_node *place)
{
	return false;
}

/* A name that is looked for. */
struct name_key {
	const char *name;
	size_t len;
	u32 hash;
};

static struct name_key names_key(const char *name, size_t len)
{
	struct name_key key = { .name = name, .len = len, .hash = 2166136261 };

	for (size_t i = 0; i < len; i++)
		key.hash = (key.hash ^ (u8)name[i]) * 16777619;
	return key;
}

/* Whether the name stands before (< 0), at (0) or behind that of @node. */
static int names_compare(const struct name_key *key, const struct kernfs_node *node)
{
	int order;

	if (key->hash != node->hash)
		return key->hash < node->hash ? -1 : 1;
	order = strncmp(key->name, node->name, key->len);
	return order || !node->name[key->len] ? order : -1;
}

/* The child with that name, or NULL and the neighbours of its place. */
static struct kernfs_node *names_search(struct kernfs_node *dir, const struct name_key *key,
					struct avl_node **prev, struct avl_node **next)
{
	struct avl_node *at = dir->names.root;
	int order;

	*prev = *next = NULL;
	while (at) {
		order = names_compare(key, names_node(at));
		if (order == 0)
			return names_node(at);
		*(order < 0 ? next : prev) = at;
		at = at->child[order < 0 ? AVL_LEFT : AVL_RIGHT];
	}
	return NULL;
}

void kernfs_names_init(struct kernfs_node *dir)
{
	dir->names = (struct avl_tree){ .summarize = names_summarize };
}

struct kernfs_node *kernfs_names_find(struct kernfs_node *dir, const char *name, size_t len)
{
	struct name_key key = names_key(name, len);
	struct avl_node *prev, *next;

	return names_search(dir, &key, &prev, &next);
}

bool kernfs_names_add(struct kernfs_node *dir, struct kernfs_node *node)
{
	struct name_key key = names_key(node->name, strlen(node->name));
	struct avl_node *prev, *next;

	node->hash = key.hash;
	if (names_search(dir, &key, &prev, &next))
		return false;
	avl_insert(&dir->names, &node->place, prev, next);
	return true;
}

void kernfs_names_remove(struct kernfs_node *dir, struct kernfs_node *node)
{
	avl_remove(&dir->names, &node->place);
}
