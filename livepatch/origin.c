/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of what a patch was made for.  The kernel's build id binds every module
 * (kernel/module/loader.c).  The following entries of .modinfo, which tools/module and
 * tools/klp-build write, bind a patch further:
 *
 *	klp_text=OBJECT NAME,POSITION SIZE SHA256 [OFFSET:WIDTH ...]
 *		A function that the patch replaces: the digest of its bytes.  The entry slot and
 *		the places that the module loader fills (offsets in hexadecimal) count as zero.
 *	klp_base=OBJECT SHA256
 *		A module that the patch was compiled against: the digest of that module's file.
 *	klp_after=NAME SHA256
 *		The predecessor: the patch in the module NAME, with the digest of that file.  The
 *		source was edited on top of the predecessor, so the functions of the patch may
 *		use what the predecessor added.
 *
 * The patch is refused, before any write, if a function with the same name has another text, if
 * a module is another build, or if the predecessor is not there.  A digest finds mistakes and
 * damage; it is not a signature.
 *
 *	when				what is checked
 *	the module is loaded		the entries' form; the predecessor's module gets a reference
 *	the patch is enabled		the predecessor is enabled
 *	an object is there		base and functions; a target that comes later is refused
 *	the predecessor is disabled	the predecessor has no followers
 */
#include "internal.h"
#include <neurath/hook.h>
#include <neurath/mm.h>
#include <neurath/sha256.h>
#include <neurath/string.h>

#define WIDEST_PLACE	8

/* ---- reading of entries --------------------------------------------------------------- */

static int klp_word_length(const char *s)
{
	int n = 0;

	while (s[n] && s[n] != ' ')
		n++;
	return n;
}

/* The text behind "KEY=" in the next entry after @prev (NULL = first), or NULL. */
static const char *klp_entry(const struct module *mod, const char *key, const char *prev)
{
	const struct klp_modinfo *info = mod->klp_info;
	const char *end = info->modinfo + info->modinfo_size;
	const char *at = prev ? prev + strlen(prev) + 1 : info->modinfo;
	size_t n = strlen(key);

	for (; at < end; at += strlen(at) + 1)
		if (strncmp(at, key, n) == 0 && at[n] == '=')
			return at + n + 1;
	return NULL;
}

/* Takes @word and the character behind it; *@at moves behind both. */
static bool klp_take_word(const char **at, const char *word, char stop)
{
	const char *s = *at;

	for (; *word; word++, s++)
		if (*s != *word)
			return false;
	if (*s != stop)
		return false;
	*at = s + 1;
	return true;
}

static int klp_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Takes a number of at most eight digits. */
static bool klp_take_number(const char **at, int base, unsigned long *out)
{
	const char *start = *at;

	for (*out = 0; klp_digit(**at) < base && *at < start + 8; ++*at)
		*out = *out * base + klp_digit(**at);
	return *at > start;
}

static bool klp_take_digest(const char **at, u8 digest[SHA256_SIZE])
{
	for (int i = 0; i < SHA256_SIZE; i++, *at += 2) {
		if (klp_digit((*at)[0]) > 15 || klp_digit((*at)[1]) > 15)
			return false;
		digest[i] = klp_digit((*at)[0]) << 4 | klp_digit((*at)[1]);
	}
	return true;
}

/* Takes the next " OFFSET:WIDTH" of a function of @size bytes. */
static bool klp_take_place(const char **at, unsigned long size, unsigned long *offset,
			   unsigned long *width)
{
	return *(*at)++ == ' ' && klp_take_number(at, 16, offset) && *(*at)++ == ':' &&
	       klp_take_number(at, 10, width) && *width <= WIDEST_PLACE && *offset <= size &&
	       size - *offset >= *width;
}

/* Takes the rest of a text entry behind the name; *@places is set to the start of its places. */
static bool klp_take_text(const char *at, unsigned long *pos, unsigned long *size,
			  u8 digest[SHA256_SIZE], const char **places)
{
	bool good = klp_take_number(&at, 10, pos) && *at++ == ' ' &&
		    klp_take_number(&at, 10, size) && *at++ == ' ' && klp_take_digest(&at, digest);

	*places = at;
	return good;
}

/* ---- the form of the entries ------------------------------------------------------------- */

/* The text behind "OBJECT " or "NAME ". */
static const char *klp_behind_name(const char *entry)
{
	int n = klp_word_length(entry);

	return n > 0 && n < MODULE_NAME_LEN && entry[n] ? entry + n + 1 : NULL;
}

static bool klp_is_digest_entry(const char *entry)
{
	const char *at = klp_behind_name(entry);
	u8 digest[SHA256_SIZE];

	return at && klp_take_digest(&at, digest) && !*at;
}

static bool klp_is_text_entry(const char *entry)
{
	const char *at = klp_behind_name(entry), *places;
	unsigned long pos, size, offset, width;
	u8 digest[SHA256_SIZE];

	at = at ? strchr(at, ',') : NULL;
	if (!at || !klp_take_text(at + 1, &pos, &size, digest, &places))
		return false;
	while (*places)
		if (!klp_take_place(&places, size, &offset, &width))
			return false;
	return true;
}

static int klp_check_entries(const struct module *mod, const char *key,
			     bool (*is_good)(const char *entry))
{
	const char *entry = NULL;

	while ((entry = klp_entry(mod, key, entry))) {
		if (is_good(entry))
			continue;
		pr_err("module %s: the modinfo entry %s=%.64s has not its form\n", mod->name, key,
		       entry);
		return -ENOEXEC;
	}
	return 0;
}

/* ---- the functions --------------------------------------------------------------------------- */

/*
 * The text behind "NAME," in @entry, which starts behind the object, if it is about @func; or
 * NULL.
 */
static const char *klp_is_about(const char *entry, const struct klp_func *func)
{
	const char *at = entry, *number;
	unsigned long pos;

	if (!klp_take_word(&at, func->old_name, ','))
		return NULL;
	number = at;
	return klp_take_number(&number, 10, &pos) &&
	       max(pos, 1UL) == max(func->old_sympos, 1UL) ? at : NULL;
}

/* Computes the digest of the text at @func without the slot and @places. -ENOMEM. */
static int klp_digest_text(const struct klp_func *func, const char *places,
			   u8 digest[SHA256_SIZE])
{
	unsigned long offset, width;
	u8 *copy = kmalloc(func->old_size, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, (const void *)func->old_func, func->old_size);
	memset(copy, 0, min(func->old_size, (unsigned long)SLOT_SIZE));
	while (klp_take_place(&places, func->old_size, &offset, &width))
		memset(copy + offset, 0, width);
	sha256(copy, func->old_size, digest);
	kfree(copy);
	return 0;
}

/* The functions after and before @func, around the list. */
static struct klp_func *klp_next_func(struct klp_object *obj, struct klp_func *func)
{
	return list_is_last(&func->node, &obj->func_list)
		       ? list_first_entry(&obj->func_list, struct klp_func, node)
		       : list_next_entry(func, node);
}

static struct klp_func *klp_prev_func(struct klp_object *obj, struct klp_func *func)
{
	return func->node.prev == &obj->func_list
		       ? list_last_entry(&obj->func_list, struct klp_func, node)
		       : list_prev_entry(func, node);
}

/* Compares the function with one entry, which is given from its position on. */
static int klp_compare_text(const struct klp_patch *patch, const struct klp_object *obj,
			    const struct klp_func *func, const char *entry)
{
	u8 recorded[SHA256_SIZE], found[SHA256_SIZE];
	unsigned long pos, size;
	const char *places;
	int error;

	klp_take_text(entry, &pos, &size, recorded, &places);
	if (size == func->old_size) {
		error = klp_digest_text(func, places, found);
		if (error || memcmp(recorded, found, SHA256_SIZE) == 0)
			return error;
	}
	pr_err("function '%s' of object '%s' is not the one that patch '%s' was made for: its code "
	       "is another (%lu bytes, recorded were %lu); make the patch again, from the sources "
	       "of what runs\n", func->old_name, klp_object_name(obj), patch->mod->name,
	       func->old_size, size);
	return -ENOEXEC;
}

/* The function that @entry is about, looked for from @start on in both directions; or NULL. */
static struct klp_func *klp_func_of_entry(struct klp_object *obj, const char *entry,
					  struct klp_func *start, const char **found)
{
	struct klp_func *ahead = start, *behind = start;

	if (!klp_take_word(&entry, klp_object_name(obj), ' '))
		return NULL;
	do {
		*found = klp_is_about(entry, ahead);
		if (*found)
			return ahead;
		ahead = klp_next_func(obj, ahead);
		behind = klp_prev_func(obj, behind);
		*found = klp_is_about(entry, behind);
		if (*found)
			return behind;
	} while (ahead != start);
	return NULL;
}

/*
 * The entries stand in the order of the functions, or in the reverse one, as the linker likes: each
 * is looked for beside the one before, so that many functions cost no more each than few.
 */
int klp_check_texts(const struct klp_patch *patch, struct klp_object *obj)
{
	struct klp_func *at, *func;
	const char *entry = NULL, *found;
	int error = 0;

	if (list_empty(&obj->func_list))
		return 0;
	at = list_first_entry(&obj->func_list, struct klp_func, node);
	while (!error && (entry = klp_entry(patch->mod, "klp_text", entry))) {
		func = klp_func_of_entry(obj, entry, at, &found);
		if (!func)
			continue;
		if (!func->nop)
			error = klp_compare_text(patch, obj, func, found);
		at = func;
	}
	return error;
}

/* ---- the module ---------------------------------------------------------------------------- */

int klp_check_base(const struct klp_patch *patch, const struct klp_object *obj)
{
	const char *entry = NULL, *at;
	u8 digest[SHA256_SIZE];

	if (!klp_is_module(obj))
		return 0;
	while ((entry = klp_entry(patch->mod, "klp_base", entry))) {
		at = entry;
		if (!klp_take_word(&at, obj->name, ' ') || !klp_take_digest(&at, digest))
			continue;
		if (memcmp(digest, obj->mod->digest, SHA256_SIZE) == 0)
			continue;
		pr_err("module '%s' is another build than the one that patch '%s' was made for: "
		       "make the patch again, with that module's file\n", obj->name,
		       patch->mod->name);
		return -ENOEXEC;
	}
	return 0;
}

/* ---- the predecessor ------------------------------------------------------------------------- */

/* True if @other is the module that the entry klp_after of @mod names. */
static bool klp_is_predecessor(const struct module *mod, const struct module *other)
{
	const char *entry = klp_entry(mod, "klp_after", NULL);
	u8 digest[SHA256_SIZE];

	return entry && klp_take_word(&entry, other->name, ' ') &&
	       klp_take_digest(&entry, digest) &&
	       memcmp(digest, other->digest, SHA256_SIZE) == 0;
}

struct module *klp_predecessor_module(const struct module *mod)
{
	struct module *other;
	unsigned long flags;

	if (!klp_entry(mod, "klp_after", NULL))
		return NULL;
	flags = irq_save();
	other = module_next(NULL);
	while (other && !(is_livepatch_module(other) && klp_is_predecessor(mod, other)))
		other = module_next(other);
	irq_restore(flags);
	return other;
}

/* Takes a reference: @mod uses symbols of the predecessor, which must stay while @mod is loaded. */
static int klp_hold_predecessor(struct module *mod)
{
	struct module *other;
	int error = -ENOENT;

	mutex_lock(&module_mutex);
	other = klp_predecessor_module(mod);
	if (other && other->state == MODULE_STATE_LIVE)
		error = module_use_add(mod, other);
	mutex_unlock(&module_mutex);
	return error;
}

int klp_module_origin(struct module *mod)
{
	const char *after = klp_entry(mod, "klp_after", NULL);
	int error = klp_check_entries(mod, "klp_text", klp_is_text_entry);

	if (!error)
		error = klp_check_entries(mod, "klp_base", klp_is_digest_entry);
	if (!error)
		error = klp_check_entries(mod, "klp_after", klp_is_digest_entry);
	if (error || !after)
		return error;
	error = klp_hold_predecessor(mod);
	if (error == -ENOENT)
		pr_err("patch '%s' was made on top of patch '%.*s', which is not loaded, or is "
		       "another build: load that first\n", mod->name, klp_word_length(after),
		       after);
	return error;
}

int klp_check_predecessor(const struct klp_patch *patch)
{
	const char *after = klp_entry(patch->mod, "klp_after", NULL);
	const struct klp_patch *other;

	assert_mutex_held(&klp_mutex);
	if (!after)
		return 0;
	if (patch->replace) {
		pr_err("patch '%s' takes the place of all others, and so of its predecessor: make "
		       "it from all edits together\n", patch->mod->name);
		return -EINVAL;
	}
	list_for_each_entry(other, &klp_patches, list)
		if (other->enabled && klp_is_predecessor(patch->mod, other->mod))
			return 0;
	pr_err("patch '%s' was made on top of patch '%.*s', which is not enabled: enable that "
	       "first\n", patch->mod->name, klp_word_length(after), after);
	return -EINVAL;
}

bool klp_has_followers(const struct klp_patch *patch)
{
	const struct klp_patch *other;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(other, &klp_patches, list) {
		if (!klp_is_predecessor(other->mod, patch->mod))
			continue;
		pr_err("patch '%s' was made on top of patch '%s': disable '%s' first\n",
		       other->mod->name, patch->mod->name, other->mod->name);
		return true;
	}
	return false;
}
