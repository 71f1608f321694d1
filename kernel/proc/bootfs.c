/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /boot: the modules that the boot loader loaded, as read-only files.  Their pages are never
 * freed, so a mapping uses them in place: bootfs_map() makes an object whose pages are the
 * module's own.  Under an emulator there is also autorun, the script for which the machine was
 * started.
 */
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/init.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include <neurath/vm.h>

static const struct boot_module *bootfs_module_of(const struct file *f)
{
	return kernfs_private(kernfs_of_file(f));
}

static size_t bootfs_size(void *private)
{
	const struct boot_module *m = private;

	return m->end - m->start;
}

static ssize_t bootfs_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	const struct boot_module *m = bootfs_module_of(f);
	size_t size = m->end - m->start;
	ssize_t n;

	if (*pos < 0 || (size_t)*pos >= size)
		return 0;
	n = iobuf_put(to, (char *)phys_to_virt(m->start) + *pos, size - *pos);
	if (n > 0)
		*pos += n;
	return n;
}

static int bootfs_map(struct file *f, struct vmobject **out)
{
	const struct boot_module *m = bootfs_module_of(f);

	*out = vmobject_of_phys(m->start, m->end - m->start);
	return *out ? 0 : -ENOMEM;
}

static const struct file_ops bootfs_stream = {
	.read = bootfs_read,
	.map = bootfs_map,
};

static const struct kernfs_file_ops bootfs_ops = {
	.stream = &bootfs_stream,
	.size = bootfs_size,
};

/* Text in kmalloc'ed memory; only for reading. */
static const struct file_ops bootfs_text_stream = {
	.read = bootfs_read,
};

static const struct kernfs_file_ops bootfs_text_ops = {
	.stream = &bootfs_text_stream,
	.size = bootfs_size,
};

#define AUTORUN_ITEM	"opt/neurath/autorun"

KERNFS_DIR(bootfs_dir, "/boot", 0555, NULL);

static void bootfs_add(const struct boot_module *m, const struct kernfs_file_ops *ops)
{
	struct kernfs_node *node = kernfs_create_file(kernfs_root("/boot"), m->name, 0555, ops,
						      (void *)m);

	assert(!IS_ERR(node));
}

static void bootfs_add_autorun(void)
{
	static struct boot_module autorun = { .name = "autorun" };
	ssize_t size = fwcfg_size(AUTORUN_ITEM);
	char *text;

	if (size < 0)
		return;
	text = kmalloc(size, GFP_KERNEL);
	if (!text) {
		pr_err("boot: no memory for %s (%ld bytes)\n", AUTORUN_ITEM, size);
		return;
	}
	size = fwcfg_read(AUTORUN_ITEM, text, size);
	autorun.start = virt_to_phys(text);
	autorun.end = autorun.start + size;
	bootfs_add(&autorun, &bootfs_text_ops);
}

void bootfs_init(void)
{
	for (unsigned i = 0; i < boot_info.nr_modules; i++)
		bootfs_add(&boot_info.modules[i], &bootfs_ops);
	bootfs_add_autorun();
}
