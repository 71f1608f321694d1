/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/kallsyms: all symbols of the kernel, then those of each module, without symbols in memory
 * that was freed after the start.  Only the superuser sees addresses.
 */
#include <neurath/ksyms.h>
#include "internal.h"

static void kallsyms_line(struct seq_file *m, const struct ksym *sym, bool addresses)
{
	seq_printf(m, "%016lx %c %s", addresses ? sym->start : 0UL, sym->type, sym->name);
	if (sym->module)
		seq_printf(m, "\t[%s]", sym->module);
	seq_putc(m, '\n');
}

static int kallsyms_proc_show(struct seq_file *m, void *v)
{
	bool addresses = is_superuser();
	struct ksym sym;

	for (unsigned long i = 0; ksym_get(i, &sym); i++) {
		if (sym.type)
			kallsyms_line(m, &sym, addresses);
	}
	mutex_lock(&module_mutex);
	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod)) {
		if (mod->state == MODULE_STATE_UNFORMED)
			continue;
		for (unsigned long i = 0; module_ksym_get(mod, i, &sym); i++) {
			if (sym.type)
				kallsyms_line(m, &sym, addresses);
		}
	}
	mutex_unlock(&module_mutex);
	return 0;
}
KERNFS_SHOW(proc_kallsyms, "/proc/kallsyms", 0444, kallsyms_proc_show);
