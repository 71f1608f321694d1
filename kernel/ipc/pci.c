/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions for drivers in user space: <neurath/pci.h> is the contract.
 *
 * The record of a function is made at boot and stays.  It has the function's ranges and the
 * memory that the device may still write to.
 *
 * Locks: pci_mutex (RANK_PCI) protects every field that changes.  It ranks above mmap_lock
 * because the end of a mapping may end a claim.
 */
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/init.h>
#include <neurath/mm.h>
#include <neurath/pci.h>
#include <neurath/printk.h>
#include <neurath/task.h>
#include <neurath/vm.h>
#include "pci_config.h"

/* Legend: (c) pci_mutex, (!) constant. */
struct pci_function {
	struct list_head node;		/* (!) pci_functions */
	u16 address;			/* (!) */
	u32 id;				/* (!) device << 16 | vendor */
	unsigned users;			/* (c) 0 = not claimed */
	bool master;			/* (c) may write to memory */
	struct pci_bar bars[PCI_BARS];	/* (!) */
	struct pci_msix msix;		/* (c) table NULL until the first message */
	struct list_head dma;		/* (c) vmobject.cache_node: memory of the present claim */
	/* (c) memory of earlier claims that the device may still write to */
	struct list_head kept;
};

static DEFINE_MUTEX_RANK(pci_mutex, RANK_PCI);
static LIST_HEAD(pci_functions);	/* in the order of addresses; constant after pci_init() */

u16 pci_address(const struct pci_function *fn)
{
	return fn->address;
}

/* ---- discovery -------------------------------------------------------------------- */

static void __init pci_add(u16 address, u32 id)
{
	struct pci_function *fn = kzalloc(sizeof(*fn), GFP_KERNEL);

	if (!fn)
		panic("no memory for the list of PCI functions: give the machine more (MEM=)");
	fn->address = address;
	fn->id = id;
	INIT_LIST_HEAD(&fn->dma);
	INIT_LIST_HEAD(&fn->kept);
	pci_read_bars(address, fn->bars);
	pci_read_msix(address, &fn->msix);
	list_add_tail(&fn->node, &pci_functions);
}

void __init pci_init(void)
{
	pci_scan(pci_add);
}

/* ---- claims ---------------------------------------------------------------------- */

static struct pci_function *pci_find(u32 id, unsigned nth)
{
	struct pci_function *fn;

	list_for_each_entry(fn, &pci_functions, node) {
		if (fn->id == id && !nth--)
			return fn;
	}
	return NULL;
}

struct pci_function *pci_claim_function(u16 vendor, u16 device, unsigned nth)
{
	struct pci_function *fn = pci_find((u32)device << 16 | vendor, nth);

	if (!fn)
		return ERR_PTR(-ENODEV);
	mutex_lock(&pci_mutex);
	if (fn->users) {
		fn = ERR_PTR(-EBUSY);
	} else {
		fn->users = 1;
		/* Firmware may have used the device and left bus mastering on. */
		pci_set_master(fn->address, false);
		pci_decode_memory(fn->address);
	}
	mutex_unlock(&pci_mutex);
	return fn;
}

void pci_get(struct pci_function *fn)
{
	mutex_lock(&pci_mutex);
	assert(fn->users);
	fn->users++;
	mutex_unlock(&pci_mutex);
}

static size_t pci_count_pages(const struct list_head *objects)
{
	struct vmobject *o;
	size_t pages = 0;

	list_for_each_entry(o, objects, cache_node)
		pages += o->nr_pages;
	return pages;
}

static void pci_free_memory(struct list_head *objects)
{
	struct vmobject *o, *next;

	list_for_each_entry_safe(o, next, objects, cache_node) {
		list_del_init(&o->cache_node);
		vmobject_put(o);
	}
}

/* The driver is gone, perhaps in the middle of an operation. */
static void pci_end_claim(struct pci_function *fn)
{
	struct vmobject *o, *next;

	assert_mutex_held(&pci_mutex);
	pci_msix_disable(fn->address, &fn->msix);
	pci_set_master(fn->address, false);
	if (!fn->master) {
		pci_free_memory(&fn->dma);
		return;
	}
	fn->master = false;
	list_for_each_entry_safe(o, next, &fn->dma, cache_node)
		list_move_tail(&o->cache_node, &fn->kept);
	pr_info("pci %02x:%02x.%u: its driver is gone: bus mastering off, %zu pages kept until "
		"the next one has reset it\n", fn->address >> 8, fn->address >> 3 & 31,
		fn->address & 7, pci_count_pages(&fn->kept));
}

void pci_put(struct pci_function *fn)
{
	mutex_lock(&pci_mutex);
	assert(fn->users);
	if (!--fn->users)
		pci_end_claim(fn);
	mutex_unlock(&pci_mutex);
}

/* ---- registers and memory ----------------------------------------------------------- */

static void pci_put_owner(void *owner)
{
	pci_put(owner);
}

struct vmobject *pci_registers(struct pci_function *fn, unsigned bar, size_t *size)
{
	const struct pci_bar *b = &fn->bars[bar];
	struct vmobject *o;

	if (bar >= PCI_BARS || !b->size || (b->start | b->size) & ~PAGE_MASK)
		return ERR_PTR(-EINVAL);
	/* A driver that writes the message table could raise any interrupt on any CPU. */
	if ((fn->msix.entries && fn->msix.bar == bar) || boot_is_ram(b->start, b->start + b->size))
		return ERR_PTR(-EACCES);
	o = vmobject_of_device(b->start, b->size, pci_put_owner, fn);
	if (!o)
		return ERR_PTR(-ENOMEM);
	pci_get(fn);
	*size = b->size;
	return o;
}

struct vmobject *pci_dma_memory(struct pci_function *fn, size_t size)
{
	struct vmobject *o = vmobject_contiguous(size);

	if (!o)
		return ERR_PTR(-ENOMEM);
	vmobject_get(o);
	mutex_lock(&pci_mutex);
	list_add_tail(&o->cache_node, &fn->dma);
	mutex_unlock(&pci_mutex);
	return o;
}

void pci_enable_dma(struct pci_function *fn)
{
	mutex_lock(&pci_mutex);
	pci_free_memory(&fn->kept);
	fn->master = true;
	pci_set_master(fn->address, true);
	mutex_unlock(&pci_mutex);
}

/* ---- messages ------------------------------------------------------------------------- */

int pci_message_request(struct pci_function *fn, unsigned entry, irq_handler_t handler, void *arg)
{
	struct irq_message message;
	int error, line;

	mutex_lock(&pci_mutex);
	error = !fn->msix.entries ? -ENODEV : entry >= fn->msix.entries ? -EINVAL :
	      pci_msix_enable(fn->address, fn->bars, &fn->msix);
	if (!error && pci_msix_used(&fn->msix, entry))
		error = -EBUSY;
	if (error) {
		mutex_unlock(&pci_mutex);
		return error;
	}
	line = irq_request_message(handler, arg, &message);
	if (line >= 0) {
		pci_msix_set(&fn->msix, entry, &message);
		fn->users++;
	}
	mutex_unlock(&pci_mutex);
	return line;
}

void pci_message_release(struct pci_function *fn, unsigned entry, unsigned line)
{
	mutex_lock(&pci_mutex);
	pci_msix_mask(&fn->msix, entry);
	mutex_unlock(&pci_mutex);
	irq_release(line);
	pci_put(fn);
}
