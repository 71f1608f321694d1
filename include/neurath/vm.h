/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address spaces of processes. mmap_lock (a mutex) protects the list of areas; page_lock (a
 * spinlock) protects page tables.  Faults take mmap_lock, then page_lock.  No server is called
 * under either lock: file contents are first read into a struct vmobject.
 */
#ifndef NEURATH_VM_H
#define NEURATH_VM_H

#include <neurath/avl.h>
#include <neurath/mm.h>
#include <neurath/mutex.h>

struct file;
struct task;

#define VM_READ		0x1
#define VM_WRITE	0x2
#define VM_EXEC		0x4
#define VM_SHARED	0x8
#define VM_GROWSDOWN	0x10
#define VM_STACK	0x20
/* shared, permanently read-only: mprotect() cannot add VM_WRITE */
#define VM_NEVER_WRITE	0x80
/* private pages may replace those of the object (kernel/mm) */
#define VM_COPIED	0x100
/* registers of a device: no pages, and a child does not inherit them */
#define VM_DEVICE	0x400
#define VM_NORESERVE	0x200	/* only for vm_map(): may exceed the machine's memory */
#define VM_ACCESS	(VM_READ | VM_WRITE | VM_EXEC)

/* The gap between a growing stack and the mapping below it. */
#define VM_STACK_GAP	(256 * PAGE_SIZE)

/* The identity of an object's file contents; all 0 = anonymous. */
struct vmobject_key {
	u64 port, node, version;	/* struct file.cache_key */
	u64 size, mtime_ns;
};

/*
 * Contents that areas map: the pages of one version of one file, complete when the object is
 * created, or those of a shared anonymous mapping, zeroed at the first access.  Shared by
 * reference.
 */
struct vmobject {
	atomic_t refs;
	spinlock_t lock;
	size_t nr_pages;		/* (!) */
	struct page **pages;		/* (lock) NULL entries only in anonymous objects */
	size_t nr_present;		/* (lock) entries that are pages of memory */
	struct list_head cache_node;	/* object cache lock */
	struct vmobject_key key;	/* (!) */
	/* (!) registers instead of pages: their start; 0 = none */
	phys_addr_t device;
	void (*release)(void *owner);	/* (!) called when the object of a device ends */
	void *owner;			/* (!) */
};

struct vm_area {
	struct list_head node;		/* (mmap_lock) sorted by start */
	/* (mmap_lock) these three for kernel/mm/area_tree.c */
	struct avl_node branch;		/* in the same order */
	unsigned long gap;		/* free bytes below it */
	unsigned long largest_gap;	/* of the areas of its subtree */
	unsigned long start, end;	/* (mmap_lock) page aligned */
	unsigned flags;			/* (mmap_lock) VM_ */
	struct vmobject *object;	/* (mmap_lock) NULL = anonymous private */
	unsigned long offset;		/* (mmap_lock) of start within the object, in bytes */
	/* (mmap_lock) path for /proc/PID/maps, or NULL; kmalloc'ed */
	char *name;
};

struct mm {
	atomic_t refs;			/* tasks and temporary users */
	struct mutex mmap_lock;		/* RANK_MMAP */
	struct list_head areas;		/* (mmap_lock) */
	struct avl_tree area_tree;	/* (mmap_lock) the same areas, if they are many */
	struct vm_area *cached;		/* (mmap_lock) last area found */
	unsigned nr_areas;		/* (mmap_lock) */
	unsigned long mmap_base;	/* (!) free ranges are searched below it, downwards */
	spinlock_t page_lock;		/* RANK_MM_PAGES; taken only with interrupts on */
	phys_addr_t pgd;		/* (!) */
	u64 cpu_mask;			/* (a) CPUs that may have it loaded: mm_activate() */
	unsigned long brk_start, brk;	/* (mmap_lock) */
	unsigned long stack_start;	/* (!) these five and auxv: for /proc, set by exec */
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long auxv[48];
	/*
	 * True if other processes with the same ids may read it.  Set before the process gets
	 * rights that they do not have; readers test it after they have got a reference.
	 */
	bool dumpable;
	bool privileged;		/* its pages may come from the reserve for root */
	size_t rss;			/* (page_lock) pages present */
	size_t total_vm;		/* (mmap_lock) pages mapped */
};

struct mm *mm_create(void);			/* empty; NULL = no memory */
struct mm *mm_fork(struct mm *old);		/* copy on write; NULL = no memory */
void mm_get(struct mm *mm);
struct mm *task_get_mm(struct task *t);		/* with a reference, or NULL (irq) */
bool task_dumpable(struct task *t);		/* mm->dumpable; false if it has none (irq) */
void mm_put(struct mm *mm);			/* the last one frees everything; may sleep */
/* Makes @mm current's, drops the old one (exec). */
void mm_switch_to_new(struct mm *mm);
/* Current releases its address space (exit). */
void mm_exit_current(void);
/*
 * The scheduler's part: loads the page tables of @mm on this CPU for the task that runs next.
 * NULL, for a kernel thread, keeps the loaded tables: the kernel half is the same everywhere, and
 * an address space that ends removes itself from all CPUs.  No other function may load a user
 * root.  Interrupts off, that task has a reference on @mm.
 */
void mm_activate(struct mm *mm);
/* On return no CPU has @mm loaded; no task uses it. (task, interrupts on) */
void mm_unload_everywhere(struct mm *mm);

/* A mapping to be made. */
struct vm_mapping {
	unsigned long addr;		/* 0 = anywhere, any other value is a hint; see @fixed */
	size_t len;
	unsigned flags;			/* VM_* */
	bool fixed;			/* at @addr; replaces existing mappings */
	struct vmobject *object;	/* NULL = anonymous */
	unsigned long offset;		/* of @addr in @object */
	const char *name;		/* may be NULL */
};

/*
 * Makes the mapping.  The area gets the object reference only on success; the name is copied.
 * Returns the address or -errno.  Takes mmap_lock, like all functions here unless noted.
 */
long vm_map(struct mm *mm, const struct vm_mapping *map);
int vm_unmap(struct mm *mm, unsigned long addr, size_t len);
int vm_protect(struct mm *mm, unsigned long addr, size_t len, unsigned flags);
/*
 * Zeroes [addr, addr+len), which must be in one mapping of @o, and frees its pages; no other
 * address space may map @o. -EINVAL: the range is not in such a mapping.
 */
int vm_discard(struct mm *mm, unsigned long addr, size_t len, struct vmobject *o);
/* The first area with end > @addr, or NULL.  Caller holds mmap_lock. */
struct vm_area *vm_find(struct mm *mm, unsigned long addr);
/*
 * Makes the page at @addr present for @access (one of VM_READ, VM_WRITE, VM_EXEC), as if the
 * process had accessed it. 0, -EFAULT (not mapped), -EACCES (not allowed), -EIO (no contents:
 * SIGBUS), -ENOMEM. (task)
 */
int vm_fault(struct mm *mm, unsigned long addr, unsigned access);

/* The pages of @file, cached or read now (calls a server: no lock held).  With a reference. */
int vmobject_of_file(struct file *file, struct vmobject **out);
struct vmobject *vmobject_anon(size_t nr_pages);	/* NULL = no memory */
/* The pages of permanently reserved memory (boot modules), page aligned.  NULL = no memory. */
struct vmobject *vmobject_of_phys(phys_addr_t start, size_t size);
/*
 * Registers of a device, for areas with VM_DEVICE. release(owner) is called when no mapping and
 * no reference is left.  NULL = no memory, without a call of @release.
 */
struct vmobject *vmobject_of_device(phys_addr_t start, size_t size, void (*release)(void *owner),
				    void *owner);
/* Zeroed contiguous pages, at most PAGE_SIZE << PAGE_MAX_ORDER bytes.  NULL = no memory. */
struct vmobject *vmobject_contiguous(size_t size);
void vmobject_get(struct vmobject *o);
void vmobject_put(struct vmobject *o);
void vmobject_shrink_cache(void);		/* drops unused cached objects */

/*
 * A page of another (or the own) address space, made present and, with @write, private and
 * writable, with a reference; a fault counts for that address space. 0, -EFAULT, -ENOMEM. (task)
 */
int vm_pin_page(struct mm *mm, unsigned long addr, bool write, struct page **out);
/* Copies between kernel memory and another address space: for /proc and calls. */
ssize_t vm_copy_from(struct mm *mm, void *dst, unsigned long addr, size_t n);
ssize_t vm_copy_to(struct mm *mm, unsigned long addr, const void *src, size_t n);
/* Writes also where the process may not, but not in shared mappings: a tracer's breakpoints. */
ssize_t vm_copy_to_forced(struct mm *mm, unsigned long addr, const void *src, size_t n);

/* Page-fault entry, called by the trap code with interrupts as in the interrupted code. */
void handle_page_fault(struct pt_regs *regs, unsigned long error, unsigned long addr);

#endif
