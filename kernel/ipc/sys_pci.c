/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls of drivers for PCI devices: the interface is described in include/uapi/port.h.
 *
 * A claim is a close-on-exec descriptor.  Without an IOMMU, a program that gives a device
 * addresses to write to can write anywhere, so everything here is for uid 0.  The kernel does
 * guarantee that memory which the device of a dead driver may write to gets no other use.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/pci.h>
#include <neurath/syscall.h>
#include <neurath/vm.h>
#include "ipc_internal.h"

#define PCI_CONFIG_SIZE	256

static void pci_fd_release(struct file *f)
{
	pci_put(f->private);
}

/* Reads configuration space, in whole words. */
static ssize_t pci_fd_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	ssize_t done = 0;

	if (*pos & 3 || to->len & 3)
		return -EINVAL;
	while (to->len && *pos < PCI_CONFIG_SIZE) {
		u32 word = pci_config_read(pci_address(f->private), *pos);
		ssize_t n = iobuf_put(to, &word, sizeof(word));

		if (n < 0)
			return done ? done : n;
		*pos += n;
		done += n;
	}
	return done;
}

static const struct file_ops pci_fd_ops = {
	.read = pci_fd_read,
	.release = pci_fd_release,
};

/* The function that descriptor @fd has claimed, with a reference; or an error pointer. */
static struct pci_function *pci_from_fd(int fd)
{
	struct file *f = fd_get(fd);
	struct pci_function *fn = ERR_PTR(-EINVAL);

	if (!f)
		return ERR_PTR(-EBADF);
	if (f->ops == &pci_fd_ops) {
		fn = f->private;
		pci_get(fn);
	}
	file_put(f);
	return fn;
}

SYSCALL_DEFINE3(pci_claim, unsigned, vendor, unsigned, device, unsigned, nth)
{
	struct pci_function *fn;
	struct file *f;
	int fd;

	if (!is_superuser())
		return -EPERM;
	if (vendor > UINT16_MAX || device > UINT16_MAX)
		return -ENODEV;
	fn = pci_claim_function(vendor, device, nth);
	if (IS_ERR(fn))
		return PTR_ERR(fn);
	f = file_alloc(&pci_fd_ops, O_RDONLY, 0, "pci:[]");
	if (!f) {
		pci_put(fn);
		return -ENOMEM;
	}
	f->private = fn;
	f->seekable = true;
	fd = fd_install(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* Maps all of @o; consumes the reference on @o. */
static long pci_map_object(struct vmobject *o, size_t size, unsigned flags, const char *name)
{
	long ret = vm_map(current->mm, &(struct vm_mapping){
		.len = size, .flags = VM_READ | VM_WRITE | VM_SHARED | flags,
		.object = o, .name = name });

	if (ret < 0)
		vmobject_put(o);
	return ret;
}

SYSCALL_DEFINE3(pci_map, int, fd, unsigned, bar, u64 __user *, usize)
{
	struct pci_function *fn;
	struct vmobject *o;
	size_t size;

	if (!is_superuser())
		return -EPERM;
	fn = pci_from_fd(fd);
	if (IS_ERR(fn))
		return PTR_ERR(fn);
	o = pci_registers(fn, bar, &size);
	pci_put(fn);
	if (IS_ERR(o))
		return PTR_ERR(o);
	if (put_user((u64)size, usize)) {
		vmobject_put(o);
		return -EFAULT;
	}
	return pci_map_object(o, size, VM_DEVICE, "[pci]");
}

SYSCALL_DEFINE3(dma_alloc, int, fd, size_t, size, u64 __user *, ubus)
{
	struct pci_function *fn;
	struct vmobject *o;
	u64 bus;

	if (!is_superuser())
		return -EPERM;
	if (!size || size > PAGE_SIZE << PAGE_MAX_ORDER)
		return -EINVAL;
	fn = pci_from_fd(fd);
	if (IS_ERR(fn))
		return PTR_ERR(fn);
	o = pci_dma_memory(fn, size);
	pci_put(fn);
	if (IS_ERR(o))
		return PTR_ERR(o);
	bus = page_to_phys(o->pages[0]);
	if (put_user(bus, ubus)) {
		vmobject_put(o);
		return -EFAULT;
	}
	return pci_map_object(o, size, 0, "[dma]");
}

SYSCALL_DEFINE1(dma_enable, int, fd)
{
	struct pci_function *fn;

	if (!is_superuser())
		return -EPERM;
	fn = pci_from_fd(fd);
	if (IS_ERR(fn))
		return PTR_ERR(fn);
	pci_enable_dma(fn);
	pci_put(fn);
	return 0;
}

SYSCALL_DEFINE4(port_msi, int, port_fd, int, fd, unsigned, entry, unsigned, bit)
{
	struct pci_function *fn;
	struct port *port;
	int error;

	if (!is_superuser())
		return -EPERM;
	port = port_from_fd(port_fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	fn = pci_from_fd(fd);
	error = IS_ERR(fn) ? PTR_ERR(fn) : port_irq_message(port, fn, entry, bit);
	if (!IS_ERR(fn))
		pci_put(fn);
	port_put(port);
	return error;
}
