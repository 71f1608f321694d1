/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node tree of kernfs: creation, look-up, removal.  Open files are in kernfs_file.c, paths in
 * kernfs_path.c.
 *
 * Locks: kernfs_mutex protects the shape of all trees; kernfs_active_lock (a leaf) protects the
 * counts of running methods.  Neither is held when a method is called, so the locks of kernfs put
 * no restriction on the locks of a method.
 *
 * Life: the last reference frees a node.  Removal unlinks the node, forbids new methods, and
 * waits for the running ones.  A file that is still open then returns -ENODEV.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "kernfs_internal.h"

#define KERNFS_FIRST_INO	16	/* smaller numbers are the cookies of "." and ".." */
#define KERNFS_MAX_TREES	8

DEFINE_MUTEX_RANK(kernfs_mutex, RANK_KERNFS);
static DEFINE_SPINLOCK_RANK(kernfs_active_lock, RANK_LEAF);
static DECLARE_WAIT_QUEUE_HEAD(kernfs_idle_wait);
DECLARE_WAIT_QUEUE_HEAD(kernfs_event_wait);
static atomic_long_t kernfs_next_ino = { KERNFS_FIRST_INO };
static struct kernfs_node *kernfs_trees[KERNFS_MAX_TREES];	/* constant after kernfs_init() */

/* ---- nodes ---------------------------------------------------------------- */

struct kernfs_node *kernfs_new(struct kernfs_node *parent, const char *name,
			       const struct kernfs_attr *attr)
{
	size_t len = strlen(name);
	struct kernfs_node *node = kzalloc(sizeof(*node) + len + 1, GFP_KERNEL);

	if (!node)
		return NULL;
	atomic_set(&node->refs, 1);
	node->mode = attr->mode;
	node->ino = attr->ino ? attr->ino : (u64)atomic_long_inc_return(&kernfs_next_ino);
	node->birth_ns = clock_ns();
	node->parent = parent;
	if (parent)
		kernfs_get(parent);
	INIT_LIST_HEAD(&node->sibling);
	INIT_LIST_HEAD(&node->children);
	kernfs_names_init(node);
	node->ops = attr->ops;
	node->dyn = attr->dyn;
	node->private = attr->private;
	node->release = attr->release;
	memcpy(node->name, name, len + 1);
	return node;
}

void kernfs_get(struct kernfs_node *node)
{
	atomic_inc(&node->refs);
}

void kernfs_put(struct kernfs_node *node)
{
	/* A loop, not a recursion: the end of a node may also end its parent. */
	while (node && atomic_dec_and_test(&node->refs)) {
		struct kernfs_node *parent = node->parent;

		assert(list_empty(&node->sibling) && list_empty(&node->children));
		if (node->release)
			node->release(node->private);
		kfree(node);
		node = parent;
	}
}

void kernfs_set_owner(struct kernfs_node *node, uid_t uid, gid_t gid)
{
	node->uid = uid;
	node->gid = gid;
}

const char *kernfs_name(const struct kernfs_node *node)
{
	return node->name;
}

void *kernfs_private(const struct kernfs_node *node)
{
	return node->private;
}

/* ---- running methods ------------------------------------------------------ */

bool kernfs_enter(struct kernfs_node *node)
{
	bool alive;

	spin_lock(&kernfs_active_lock);
	alive = !node->removed;
	if (alive)
		node->active++;
	spin_unlock(&kernfs_active_lock);
	return alive;
}

void kernfs_leave(struct kernfs_node *node)
{
	bool last;

	spin_lock(&kernfs_active_lock);
	assert(node->active > 0);
	last = --node->active == 0 && node->removed;
	spin_unlock(&kernfs_active_lock);
	if (last)
		wake_up_all(&kernfs_idle_wait);
}

static bool kernfs_is_idle(struct kernfs_node *node)
{
	bool idle;

	spin_lock(&kernfs_active_lock);
	idle = node->active == 0;
	spin_unlock(&kernfs_active_lock);
	return idle;
}

static void kernfs_forbid(struct kernfs_node *node)
{
	spin_lock(&kernfs_active_lock);
	node->removed = true;
	spin_unlock(&kernfs_active_lock);
}

/* ---- look-up --------------------------------------------------------------- */

/* The child without a reference.  Caller holds kernfs_mutex. */
static struct kernfs_node *kernfs_child_locked(struct kernfs_node *dir, const char *name,
					       size_t len)
{
	assert_mutex_held(&kernfs_mutex);
	return kernfs_names_find(dir, name, len);
}

int kernfs_lookup_child(struct kernfs_node *dir, const char *name, struct kernfs_node **out)
{
	struct kernfs_node *child;

	mutex_lock(&kernfs_mutex);
	child = kernfs_child_locked(dir, name, strlen(name));
	if (child)
		kernfs_get(child);
	mutex_unlock(&kernfs_mutex);
	if (child) {
		*out = child;
		return 0;
	}
	return dir->dyn ? dir->dyn->lookup(dir, name, out) : -ENOENT;
}

bool kernfs_exists(struct kernfs_node *parent, const char *name)
{
	bool found;

	mutex_lock(&kernfs_mutex);
	found = kernfs_child_locked(parent, name, strlen(name)) != NULL;
	mutex_unlock(&kernfs_mutex);
	return found;
}

/* The tree whose name is the first @len bytes of @name, which follow a '/'. */
static struct kernfs_node *kernfs_tree_named(const char *name, size_t len)
{
	for (unsigned i = 0; i < KERNFS_MAX_TREES && kernfs_trees[i]; i++) {
		struct kernfs_node *root = kernfs_trees[i];

		if (!strncmp(root->name, name, len) && !root->name[len])
			return root;
	}
	return NULL;
}

struct kernfs_node *kernfs_root(const char *tree)
{
	struct kernfs_node *root = kernfs_tree_named(tree + 1, strlen(tree + 1));

	assert(root);
	return root;
}

/* The length of the first component of @path. */
static size_t kernfs_component(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash ? (size_t)(slash - path) : strlen(path);
}

struct kernfs_node *kernfs_find(const char *path)
{
	const char *at = path + 1;
	size_t len = kernfs_component(at);
	struct kernfs_node *node = kernfs_tree_named(at, len);

	mutex_lock(&kernfs_mutex);
	while (node && at[len]) {
		at += len + 1;
		len = kernfs_component(at);
		node = kernfs_child_locked(node, at, len);
	}
	if (node)
		kernfs_get(node);
	mutex_unlock(&kernfs_mutex);
	return node;
}

/* ---- creation --------------------------------------------------------------- */

/* Links @node into its parent; the tree gets the caller's reference. */
static int kernfs_link_node(struct kernfs_node *node)
{
	struct kernfs_node *parent = node->parent;
	struct list_head *at = &parent->children;
	struct kernfs_node *prev;
	int error = 0;

	assert(S_ISDIR(parent->mode));
	mutex_lock(&kernfs_mutex);
	if (parent->removed) {
		error = -ENOENT;
	} else if (!kernfs_names_add(parent, node)) {
		error = -EEXIST;
	} else {
		/* Sorted by number, so that a cookie stays valid after any change. */
		list_for_each_entry_reverse(prev, &parent->children, sibling) {
			if (prev->ino < node->ino) {
				at = &prev->sibling;
				break;
			}
		}
		list_add(&node->sibling, at);
	}
	mutex_unlock(&kernfs_mutex);
	return error;
}

/* True if a path can contain this name. */
static bool kernfs_name_is_valid(const char *name)
{
	return *name && !strchr(name, '/') && strlen(name) <= KERNFS_NAME_MAX &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static struct kernfs_node *kernfs_create(struct kernfs_node *parent, const char *name,
					 const struct kernfs_attr *attr)
{
	struct kernfs_node *node;
	int error;

	if (!kernfs_name_is_valid(name))
		return ERR_PTR(-EINVAL);
	node = kernfs_new(parent, name, attr);
	if (!node)
		return ERR_PTR(-ENOMEM);
	error = kernfs_link_node(node);
	if (error) {
		node->release = NULL;	/* the caller keeps @private */
		kernfs_put(node);
		return ERR_PTR(error);
	}
	return node;
}

struct kernfs_node *kernfs_create_dir(struct kernfs_node *parent, const char *name, umode_t mode,
				      void *private)
{
	return kernfs_create(parent, name, &(struct kernfs_attr){
		.mode = S_IFDIR | (mode & 07777), .private = private });
}

struct kernfs_node *kernfs_create_file(struct kernfs_node *parent, const char *name, umode_t mode,
				       const struct kernfs_file_ops *ops, void *private)
{
	umode_t type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;

	return kernfs_create(parent, name, &(struct kernfs_attr){
		.mode = type | (mode & 07777), .ops = ops, .private = private });
}

static void kernfs_free_target(void *target)
{
	kfree(target);
}

struct kernfs_node *kernfs_create_link(struct kernfs_node *parent, const char *name,
				       const char *target)
{
	char *copy = kstrdup(target, GFP_KERNEL);
	struct kernfs_node *node;

	if (!copy)
		return ERR_PTR(-ENOMEM);
	node = kernfs_create(parent, name, &(struct kernfs_attr){
		.mode = S_IFLNK | 0777, .private = copy, .release = kernfs_free_target });
	if (IS_ERR(node))
		kfree(copy);
	return node;
}

/* ---- events -------------------------------------------------------------------- */

void kernfs_notify(struct kernfs_node *node)
{
	/* Before the wake-up: a poller queues itself, and then reads the event. */
	atomic_inc(&node->event);
	wake_up_all(&kernfs_event_wait);
}

void kernfs_notify_child(struct kernfs_node *dir, const char *name)
{
	struct kernfs_node *node;

	if (kernfs_lookup_child(dir, name, &node) == 0) {
		kernfs_notify(node);
		kernfs_put(node);
	}
}

/* ---- removal ----------------------------------------------------------------- */

/* Look-ups do not find @node any more.  Caller holds kernfs_mutex. */
static void kernfs_unlink_node(struct kernfs_node *node)
{
	assert_mutex_held(&kernfs_mutex);
	if (list_empty(&node->sibling))
		return;
	list_del_init(&node->sibling);
	kernfs_names_remove(node->parent, node);
}

/* Unlinks and returns the deepest first descendant; @node itself comes last. */
static struct kernfs_node *kernfs_take_leaf(struct kernfs_node *node)
{
	struct kernfs_node *leaf = node;

	mutex_lock(&kernfs_mutex);
	kernfs_forbid(node);
	while (!list_empty(&leaf->children)) {
		leaf = list_first_entry(&leaf->children, struct kernfs_node, sibling);
		kernfs_forbid(leaf);
	}
	kernfs_unlink_node(leaf);
	mutex_unlock(&kernfs_mutex);
	return leaf;
}

void kernfs_remove(struct kernfs_node *node)
{
	struct kernfs_node *leaf;

	/* First removed from its directory, then freed leaf by leaf. */
	mutex_lock(&kernfs_mutex);
	assert(!list_empty(&node->sibling));
	kernfs_unlink_node(node);
	mutex_unlock(&kernfs_mutex);
	do {
		leaf = kernfs_take_leaf(node);
		wait_event(kernfs_idle_wait, kernfs_is_idle(leaf));
		kernfs_notify(leaf);
		kernfs_put(leaf);
	} while (leaf != node);
}

/* ---- the static set ------------------------------------------------------------ */

static struct kernfs_node *kernfs_make_tree(const char *name, size_t len)
{
	char copy[16];
	unsigned i = 0;

	assert(len < sizeof(copy));
	memcpy(copy, name, len);
	copy[len] = '\0';
	while (i < KERNFS_MAX_TREES && kernfs_trees[i])
		i++;
	assert(i < KERNFS_MAX_TREES);
	kernfs_trees[i] = kernfs_new(NULL, copy, &(struct kernfs_attr){ .mode = S_IFDIR | 0555 });
	return kernfs_trees[i];
}

/* The directory @name[0..len) of @dir (NULL: a tree), created if it does not exist. */
static struct kernfs_node *kernfs_make_dir(struct kernfs_node *dir, const char *name, size_t len)
{
	struct kernfs_node *node;
	char copy[64];

	if (!dir) {
		node = kernfs_tree_named(name, len);
		return node ? node : kernfs_make_tree(name, len);
	}
	mutex_lock(&kernfs_mutex);
	node = kernfs_child_locked(dir, name, len);
	mutex_unlock(&kernfs_mutex);
	if (node)
		return node;
	assert(len < sizeof(copy));
	memcpy(copy, name, len);
	copy[len] = '\0';
	return kernfs_create_dir(dir, copy, 0555, NULL);
}

static void kernfs_define(const struct kernfs_def *def)
{
	const char *at = def->path + 1;
	size_t len = kernfs_component(at);
	struct kernfs_node *node = NULL;

	for (; at[len]; at += len + 1, len = kernfs_component(at))
		node = kernfs_make_dir(node, at, len);
	if (S_ISDIR(def->mode)) {
		node = kernfs_make_dir(node, at, len);
		node->mode = def->mode;
		node->dyn = def->dyn;
		node->private = def->private;
	} else {
		node = kernfs_create(node, at, &(struct kernfs_attr){
			.mode = def->mode, .ops = def->ops, .private = def->private });
		if (!IS_ERR(node)) {
			node->rdev = def->rdev;
			node->unlisted = def->unlisted;
		}
	}
	if (IS_ERR(node))
		panic("kernfs: %s: error %ld", def->path, PTR_ERR(node));
}

void kernfs_init(void)
{
	SET_FOREACH(struct kernfs_def, def, kernfs)
		kernfs_define(def);
}
