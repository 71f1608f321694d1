/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mount table: path prefix -> port or kernfs tree.  The list is sorted by length, longest
 * first, so the first match is the longest prefix. mount_mutex protects the list.  Entries are
 * reference-counted, so no backend is called under the mutex.
 *
 * A mount whose port has died stays (its paths return -EIO) until the restarted server mounts
 * there again.  A mount whose port is vacant (docs/ipc.md) leads to the next server.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include "fs_internal.h"

static DEFINE_MUTEX_RANK(mount_mutex, RANK_MOUNT);
static LIST_HEAD(mount_list);
static u64 mount_next_dev = 16;		/* (mount_mutex) */

/* The length of the prefix; 0 for "/". */
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
	if (m->ops)
		m->ops->release(m);
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

/* True if another server may mount over @m: the server of @m is dead or gone. */
static bool mount_is_free(const struct mount *m)
{
	return m->port && (READ_ONCE(m->port->dead) || !READ_ONCE(m->port->owner));
}

/* @m is no longer in the list. */
static void mount_gone(struct mount *m)
{
	if (m->port)
		port_unmounted(m->port);
	mount_put(m);
}

static int mount_insert(struct mount *mnt)
{
	struct mount *m, *old = NULL;
	int error = 0;

	mutex_lock(&mount_mutex);
	old = mount_at(mnt->len ? mnt->prefix : "/");
	if (old && old->port && old->port == mnt->port) {
		/* A server that has taken its port over repeats its mount. */
		error = old->root == mnt->root ? -EALREADY : -EBUSY;
		old = NULL;
	} else if (old && !mount_is_free(old)) {
		error = -EBUSY;
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
	return error;
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

int mount_add(const char *path, const struct mount *what)
{
	struct mount *m = mount_alloc(path);
	int error;

	if (!m) {
		what->ops->release(what);
		return -ENOMEM;
	}
	m->ops = what->ops;
	m->port = what->port;
	m->tree = what->tree;
	m->root = what->root;
	m->permanent = what->permanent;
	error = mount_insert(m);
	if (error)
		mount_put(m);
	return error;
}

int mount_bind(const char *from, const char *to)
{
	struct mount *m, what = { };
	int error;

	mutex_lock(&mount_mutex);
	m = mount_at(from);
	if (m)
		atomic_inc(&m->refs);
	mutex_unlock(&mount_mutex);
	if (!m)
		return -EINVAL;
	what.ops = m->ops;
	what.port = m->port;
	what.tree = m->tree;
	what.root = m->root;
	what.ops->hold(&what);
	error = mount_add(to, &what);
	mount_put(m);
	return error == -EALREADY ? -EBUSY : error;
}

struct port *mount_port_at(char *path)
{
	struct port *port = NULL;
	struct mount *m;

	path_take_ending(path);
	mutex_lock(&mount_mutex);
	m = mount_at(path);
	if (m && m->port) {
		port = m->port;
		port_get(port);
	}
	mutex_unlock(&mount_mutex);
	return port;
}

/* The root and the kernel's own trees are always in use. */
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
	return m->ops->source(m);
}

/* The last component of @m's prefix if its parent directory is @dir, else NULL. */
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
			more = sink->emit(sink, &(struct dir_entry){
				.name = name, .len = strlen(name), .ino = m->dev,
				.type = m->port ? DT_UNKNOWN : DT_DIR, .next = *pos + 1 });
		if (more)
			++*pos;
		mount_put(m);
	}
	return 0;
}
