/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow variables: data that a patch attaches to existing objects.  The key is the object's
 * address and a number.
 *
 * A hash table of singly linked chains.  Changes are made under shadow_lock with interrupts
 * off.  Look-ups take no lock: an entry is complete before it is linked, and is freed after
 * every RCU read section that could have found it is over.  So a caller may use the result of
 * klp_shadow_get() until its own rcu_read_unlock(), or as long as it can exclude that the
 * variable is freed.
 *
 * Constructor and destructor run under shadow_lock, and therefore exactly once for each
 * variable.  They must not sleep.
 */
#include "internal.h"
#include <neurath/export.h>
#include <neurath/handed.h>
#include <neurath/mm.h>
#include <neurath/rcu.h>

#define SHADOW_BUCKETS	4096

struct shadow {
	struct shadow *next;		/* (shadow_lock); look-ups read it without a lock */
	struct shadow *free_next;	/* in a list of entries that wait to be freed */
	void *obj;
	unsigned long id;
	char data[] __aligned(16);
};

static DEFINE_SPINLOCK_RANK(shadow_lock, RANK_SHADOW);
static struct shadow *shadow_table[SHADOW_BUCKETS];
/* Unlinked entries, to be freed by shadow_reap_work when readers are done. (shadow_lock) */
static struct shadow *shadow_dead;

static void shadow_reap(struct work_struct *work);
static DECLARE_WORK(shadow_reap_work, shadow_reap);

static struct shadow **shadow_bucket(void *obj)
{
	u64 hash = (unsigned long)obj * 0x9e3779b97f4a7c15UL;

	return &shadow_table[hash >> 52];
}

/* The caller is in an RCU read section or holds shadow_lock. */
static struct shadow *shadow_find(void *obj, unsigned long id)
{
	struct shadow *s = smp_load_acquire(shadow_bucket(obj));

	while (s && (s->obj != obj || s->id != id))
		s = smp_load_acquire(&s->next);
	return s;
}

void *klp_shadow_get(void *obj, unsigned long id)
{
	struct shadow *s;

	rcu_read_lock();
	s = shadow_find(obj, id);
	rcu_read_unlock();
	return s ? s->data : NULL;
}

/*
 * Constructs and links @new unless the variable exists.  Returns the one that exists then, or
 * NULL.
 */
static struct shadow *shadow_publish(struct shadow *new, klp_shadow_ctor_t ctor, void *ctor_data,
				     bool *existed)
{
	struct shadow **bucket = shadow_bucket(new->obj);
	struct shadow *s = shadow_find(new->obj, new->id);
	int error;

	assert_spin_held(&shadow_lock);
	*existed = s != NULL;
	if (s)
		return s;
	error = ctor ? ctor(new->obj, new->data, ctor_data) : 0;
	if (error) {
		pr_err("Failed to construct shadow variable <%p, %lx> (%d)\n", new->obj, new->id,
		       error);
		return NULL;
	}
	new->next = *bucket;
	/* Pairs with the acquires in shadow_find(): an entry that is found is constructed. */
	smp_store_release(bucket, new);
	return new;
}

static void *shadow_get_or_alloc(void *obj, unsigned long id, size_t size, gfp_t gfp,
				 klp_shadow_ctor_t ctor, void *ctor_data, bool must_be_new)
{
	struct shadow *new, *s;
	unsigned long flags;
	bool existed;

	if (size > SIZE_MAX - sizeof(*new))
		return NULL;
	if (ctor && !handed_check_callback("shadow variable of", obj, ctor))
		return NULL;
	new = kzalloc(sizeof(*new) + size, gfp);
	if (!new)
		return NULL;
	new->obj = obj;
	new->id = id;
	spin_lock_irqsave(&shadow_lock, flags);
	s = shadow_publish(new, ctor, ctor_data, &existed);
	spin_unlock_irqrestore(&shadow_lock, flags);
	if (s != new)
		kfree(new);
	if (existed && must_be_new) {
		WARN(1, "Duplicate shadow variable <%p, %lx>\n", obj, id);
		return NULL;
	}
	return s ? s->data : NULL;
}

void *klp_shadow_alloc(void *obj, unsigned long id, size_t size, gfp_t gfp_flags,
		       klp_shadow_ctor_t ctor, void *ctor_data)
{
	return shadow_get_or_alloc(obj, id, size, gfp_flags, ctor, ctor_data, true);
}

void *klp_shadow_get_or_alloc(void *obj, unsigned long id, size_t size, gfp_t gfp_flags,
			      klp_shadow_ctor_t ctor, void *ctor_data)
{
	void *data = klp_shadow_get(obj, id);

	if (data)
		return data;
	return shadow_get_or_alloc(obj, id, size, gfp_flags, ctor, ctor_data, false);
}

/* Unlinks *@link, destructs the variable and leaves it to the reaper. */
static void shadow_kill(struct shadow **link, klp_shadow_dtor_t dtor)
{
	struct shadow *s = *link;

	assert_spin_held(&shadow_lock);
	WRITE_ONCE(*link, s->next);
	if (dtor)
		dtor(s->obj, s->data);
	s->free_next = shadow_dead;
	shadow_dead = s;
}

void klp_shadow_free(void *obj, unsigned long id, klp_shadow_dtor_t dtor)
{
	struct shadow **link = shadow_bucket(obj);
	unsigned long flags;

	if (dtor && !handed_check_callback("shadow variable of", obj, dtor))
		return;
	spin_lock_irqsave(&shadow_lock, flags);
	for (; *link; link = &(*link)->next) {
		if ((*link)->obj == obj && (*link)->id == id) {
			shadow_kill(link, dtor);
			break;
		}
	}
	spin_unlock_irqrestore(&shadow_lock, flags);
	schedule_work(&shadow_reap_work);
}

void klp_shadow_free_all(unsigned long id, klp_shadow_dtor_t dtor)
{
	unsigned long flags;

	if (dtor && !handed_check_callback("all shadow variables", NULL, dtor))
		return;
	spin_lock_irqsave(&shadow_lock, flags);
	for (unsigned i = 0; i < SHADOW_BUCKETS; i++) {
		struct shadow **link = &shadow_table[i];

		while (*link) {
			if ((*link)->id == id)
				shadow_kill(link, dtor);
			else
				link = &(*link)->next;
		}
	}
	spin_unlock_irqrestore(&shadow_lock, flags);
	schedule_work(&shadow_reap_work);
}

static void shadow_reap(struct work_struct *work)
{
	struct shadow *dead, *next;
	unsigned long flags;

	spin_lock_irqsave(&shadow_lock, flags);
	dead = shadow_dead;
	shadow_dead = NULL;
	spin_unlock_irqrestore(&shadow_lock, flags);
	if (!dead)
		return;
	synchronize_rcu();
	for (; dead; dead = next) {
		next = dead->free_next;
		kfree(dead);
	}
}

EXPORT_SYMBOL(klp_shadow_get);
EXPORT_SYMBOL(klp_shadow_alloc);
EXPORT_SYMBOL(klp_shadow_get_or_alloc);
EXPORT_SYMBOL(klp_shadow_free);
EXPORT_SYMBOL(klp_shadow_free_all);
