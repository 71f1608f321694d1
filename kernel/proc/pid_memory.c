/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of /proc/PID about the address space: maps, statm, command line, environment.
 */
#include <neurath/mm.h>
#include <neurath/ptrace.h>
#include <neurath/race.h>
#include <neurath/vdso.h>
#include "../fs/fs_internal.h"
#include "internal.h"

#define MAPS_NAME_COLUMN	73

struct mm *proc_get_mm(struct task *t)
{
	struct mm *mm = task_get_mm(t);
	/* Checked for this very @mm: execve() may replace the task's at any moment. */
	bool allowed = t->pflags & PF_KTHREAD ? is_superuser() : ptrace_may_read(t->process, mm);

	race_point();
	if (allowed)
		return mm;
	if (mm)
		mm_put(mm);
	return allowed ? task_get_mm(t) : ERR_PTR(-EACCES);
}

bool proc_may_see(struct task *t)
{
	struct mm *mm = proc_get_mm(t);

	if (IS_ERR(mm))
		return false;
	if (mm)
		mm_put(mm);
	return true;
}

bool proc_put_mm_unchanged(struct task *t, struct mm *mm)
{
	/* @mm is held, so an equal pointer is the same address space. */
	bool unchanged = READ_ONCE(t->mm) == mm;

	if (mm)
		mm_put(mm);
	return unchanged;
}

/* Drops @mm. */
static int proc_copy_strings(struct seq_file *m, struct mm *mm, bool environment)
{
	unsigned long at, end;
	char *page;
	int error = 0;

	if (!mm)
		return 0;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	at = environment ? mm->env_start : mm->arg_start;
	end = environment ? mm->env_end : mm->arg_end;
	if (!page)
		error = -ENOMEM;
	while (page && at < end) {
		size_t n = min(end - at, PAGE_SIZE);
		ssize_t got = vm_copy_from(mm, page, at, n);

		if (got <= 0)
			break;
		seq_write(m, page, got);
		at += got;
	}
	kfree(page);
	mm_put(mm);
	return error;
}

int proc_cmdline_show(struct seq_file *m, void *v)
{
	return proc_copy_strings(m, task_get_mm(v), false);
}

int proc_environ_show(struct seq_file *m, void *v)
{
	struct mm *mm = proc_get_mm(v);

	return IS_ERR(mm) ? PTR_ERR(mm) : proc_copy_strings(m, mm, true);
}

int proc_auxv_show(struct seq_file *m, void *v)
{
	struct mm *mm = proc_get_mm(v);
	size_t n = 0;

	if (!mm || IS_ERR(mm))
		return PTR_ERR(mm);
	while (n + 2 <= ARRAY_SIZE(mm->auxv) && (n == 0 || mm->auxv[n - 2] != 0))
		n += 2;
	seq_write(m, mm->auxv, n * sizeof(mm->auxv[0]));
	mm_put(mm);
	return 0;
}

static const char *proc_area_name(const struct mm *mm, const struct vm_area *area)
{
	if (area->name)
		return area->name;
	if (vdso_is(area->object))
		return "[vdso]";
	if (area->start <= mm->brk && area->end >= mm->brk_start && mm->brk > mm->brk_start)
		return "[heap]";
	if (area->flags & (VM_STACK | VM_GROWSDOWN))
		return "[stack]";
	return NULL;
}

static void proc_show_area(struct seq_file *m, const struct mm *mm, const struct vm_area *area,
			   const char *root)
{
	const char *name = proc_area_name(mm, area);
	size_t start = m->count;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx 00:%02x %lu ", area->start, area->end,
		   area->flags & VM_READ ? 'r' : '-', area->flags & VM_WRITE ? 'w' : '-',
		   area->flags & VM_EXEC ? 'x' : '-', area->flags & VM_SHARED ? 's' : 'p',
		   area->object ? area->offset : 0UL,
		   area->object ? (unsigned int)area->object->key.port & 0xff : 0,
		   area->object ? (unsigned long)area->object->key.node : 0UL);
	if (name) {
		while (m->count - start < MAPS_NAME_COLUMN && !m->overflow)
			seq_putc(m, ' ');
		seq_puts(m, path_seen_from(name, root));
	}
	seq_putc(m, '\n');
}

int proc_maps_show(struct seq_file *m, void *v)
{
	struct mm *mm = proc_get_mm(v);
	struct vm_area *area;
	char *root;

	if (!mm || IS_ERR(mm))
		return PTR_ERR(mm);
	root = proc_copy_path(current, PROC_PATH_ROOT);
	if (IS_ERR(root)) {
		mm_put(mm);
		return PTR_ERR(root);
	}
	mutex_lock(&mm->mmap_lock);
	list_for_each_entry(area, &mm->areas, node)
		proc_show_area(m, mm, area, root);
	mutex_unlock(&mm->mmap_lock);
	kfree(root);
	mm_put(mm);
	return 0;
}

int proc_statm_show(struct seq_file *m, void *v)
{
	struct mm *mm = task_get_mm(v);
	size_t text = 0, data = 0;
	struct vm_area *area;

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	mutex_lock(&mm->mmap_lock);
	list_for_each_entry(area, &mm->areas, node) {
		size_t pages = (area->end - area->start) / PAGE_SIZE;

		if (area->flags & VM_EXEC)
			text += pages;
		else if ((area->flags & VM_WRITE) && !(area->flags & VM_SHARED))
			data += pages;
	}
	mutex_unlock(&mm->mmap_lock);
	seq_printf(m, "%zu %zu 0 %zu 0 %zu 0\n", mm->total_vm, READ_ONCE(mm->rss), text, data);
	mm_put(mm);
	return 0;
}
