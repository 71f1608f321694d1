/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mount table: path prefix -> port or kernfs tree.  The list is sorted by
 * length, longest first, so the first match is the right one.  mount_mutex protects
 * the list; entries are reference-counted, so nothing is called under it.
 *
 * A mount whose port died stays (its paths answer -EIO) until the restarted server
 * mounts there again.  One whose port is vacant (docs/ipc.md) leads to the next server.
 */
#include <neurath/bug.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include "fs_internal.h"

static DEFINE_MUTEX_RANK(mount_mutex, RANK_MOUNT);
static LIST_HEAD(mount_list);
static u64 mount_next_dev = 16;		/* (mount_mutex) */

/* "/" counts as "". */
static size_t mount_prefix_len(const char *path)
{
	size_t len = strlen(path);

	return len == 1 ? 0 : len;
}

static struct mount *mount_lookup_locked(const char *path)
{
	struct mount *m;

	assert_mutex_held(&mount_mutex);
	list_for_each_entry(m, &mount_list, node) {
		if (!strncmp(path, m->prefix, m->len) &&
		    (path[m->len] == '/' || !path[m->len]))
			return m;
	}
	return NULL;
}

struct mount *mount_find(const char *path, const char **rest)
{
	struct mount *m;

	mutex_lock(&mount_mutex);
	m = mount_lookup_locked(path);
	if (m)
		atomic_inc(&m->refs);
	mutex_unlock(&mount_mutex);
	if (m) {
		*rest = path + m->len;
		if (**rest == '/')
			(*rest)++;
	}
	return m;
}

void mount_put(struct mount *m)
{
	if (!atomic_dec_and_test(&m->refs))
		return;
	if (m->port)
		port_put(m->port);
	if (m->tree)
		kernfs_put(m->tree);
	kfree(m);
}

/* The mount at exactly @path, without a reference.  Caller holds mount_mutex. */
static struct mount *mount_at(const char *path)
{
	size_t len = mount_prefix_len(path);
	struct mount *m;

	assert_mutex_held(&mount_mutex);
	list_for_each_entry(m, &mount_list, node) {
		if (m->len == len && !memcmp(m->prefix, path, len))
			return m;
	}
	return NULL;
}

/* Whether another server may mount over @m: its own is dead or gone. */
static bool mount_is_free(const struct mount *m)
{
	return m->port && (READ_ONCE(m->port->dead) || !READ_ONCE(m->port->owner));
}

/* @m has left the list. */
static void mount_gone(struct mount *m)
{
	if (m->port)
		port_unmounted(m->port);
	mount_put(m);
}

static int mount_insert(struct mount *mnt)
{
	struct mount *m, *old = NULL;
	int ret = 0;

	mutex_lock(&mount_mutex);
	old = mount_at(mnt->len ? mnt->prefix : "/");
	if (old && old->port && old->port == mnt->port) {
		/* A server that took its port over says again what is there already. */
		ret = old->root == mnt->root ? -EALREADY : -EBUSY;
		old = NULL;
	} else if (old && !mount_is_free(old)) {
		ret = -EBUSY;
		old = NULL;
	} else {
		if (old)
			list_del(&old->node);
		if (mnt->port)
			port_mounted(mnt->port);
		mnt->dev = mount_next_dev++;
		list_for_each_entry(m, &mount_list, node) {
			if (m->len <= mnt->len)
				break;
		}
		list_add_tail(&mnt->node, &m->node);
	}
	mutex_unlock(&mount_mutex);
	if (old)
		mount_gone(old);
	return ret;
}

static struct mount *mount_alloc(const char *path)
{
	size_t len = mount_prefix_len(path);
	struct mount *m = kzalloc(sizeof(*m) + len + 1, GFP_KERNEL);

	if (!m)
		return NULL;
	atomic_set(&m->refs, 1);
	m->len = len;
	memcpy(m->prefix, path, len);
	return m;
}

int mount_add_port(char *path, struct port *port, u64 root)
{
	struct mount *m;
	int ret;

	path_take_directory_mark(path);
	m = mount_alloc(path);
	if (!m)
		return -ENOMEM;
	port_get(port);
	m->port = port;
	m->root = root;
	m->ops = &port_mount_ops;
	ret = mount_insert(m);
	if (ret)
		mount_put(m);
	return ret == -EALREADY ? 0 : ret;
}

struct port *mount_port_at(char *path)
{
	struct port *port = NULL;
	struct mount *m;

	path_take_directory_mark(path);
	mutex_lock(&mount_mutex);
	m = mount_at(path);
	if (m && m->port) {
		port = m->port;
		port_get(port);
	}
	mutex_unlock(&mount_mutex);
	return port;
}

static int mount_add_tree_as(const char *path, struct kernfs_node *tree, bool permanent)
{
	struct mount *m = mount_alloc(path);
	int ret;

	if (!m)
		return -ENOMEM;
	kernfs_get(tree);
	m->tree = tree;
	m->permanent = permanent;
	m->ops = &kernfs_mount_ops;
	ret = mount_insert(m);
	if (ret)
		mount_put(m);
	return ret;
}

int mount_add_tree(const char *path, struct kernfs_node *tree)
{
	return mount_add_tree_as(path, tree, false);
}

/* The root and the kernel's own trees are in use as long as anything runs. */
int mount_remove(const char *path)
{
	struct mount *m;

	mutex_lock(&mount_mutex);
	m = mount_at(path);
	if (m && (!m->len || m->permanent)) {
		mutex_unlock(&mount_mutex);
		return -EBUSY;
	}
	if (m)
		list_del(&m->node);
	mutex_unlock(&mount_mutex);
	if (!m)
		return -EINVAL;
	mount_gone(m);
	return 0;
}

/* The @index-th mount, shortest prefix first, with a reference; or NULL. */
struct mount *mount_nth(unsigned index)
{
	struct mount *m, *found = NULL;

	mutex_lock(&mount_mutex);
	list_for_each_entry_reverse(m, &mount_list, node) {
		if (index-- == 0) {
			atomic_inc(&m->refs);
			found = m;
			break;
		}
	}
	mutex_unlock(&mount_mutex);
	return found;
}

const char *mount_source(const struct mount *m)
{
	return m->tree ? kernfs_name(m->tree) : m->port->owner_comm;
}

/* The last component of @m's prefix if it lies directly in @dir, else NULL. */
static const char *mount_name_in(const struct mount *m, const char *dir)
{
	size_t len = mount_prefix_len(dir);

	if (m->len <= len + 1 || strncmp(m->prefix, dir, len) || m->prefix[len] != '/' ||
	    strchr(m->prefix + len + 1, '/'))
		return NULL;
	return m->prefix + len + 1;
}

int mount_iterate(const char *path, struct dir_sink *sink, loff_t *pos,
		  bool (*known)(void *arg, const char *name), void *arg)
{
	struct mount *m;
	bool more = true;

	while (more && (m = mount_nth(*pos)) != NULL) {
		const char *name = mount_name_in(m, path);

		if (name && !known(arg, name))
			more = sink->emit(sink, name, strlen(name), m->dev,
					  m->port ? DT_UNKNOWN : DT_DIR, *pos + 1);
		if (more)
			++*pos;
		mount_put(m);
	}
	return 0;
}

void fs_init(void)
{
	static const char *const trees[] = { "/proc", "/sys", "/dev", "/boot" };

	bootfs_init();
	for (unsigned i = 0; i < ARRAY_SIZE(trees); i++) {
		int ret = mount_add_tree_as(trees[i], kernfs_root(trees[i]), true);

		assert(ret == 0);
	}
}
