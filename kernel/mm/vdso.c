/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vDSO (contract: neurath/vdso.h): one object that all programs map.  Its first page tells the
 * clocks (uapi/vdso.h), the others are the image that user/vdso is built to.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/init.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include <neurath/vdso.h>
#include <neurath/vm.h>
#include <uapi/vdso.h>
#include "vdso_image.h"

static struct vmobject *vdso_object;	/* (!) from vdso_init() on */
static struct vdso_data *vdso_data;	/* its first page; the offset: one store, no lock */

void __init vdso_init(void)
{
	vdso_object = vmobject_contiguous(PAGE_SIZE + vdso_image_size);
	if (!vdso_object)
		panic("no memory for the vDSO");
	vdso_data = page_to_virt(vdso_object->pages[0]);
	memcpy((char *)vdso_data + PAGE_SIZE, vdso_image, vdso_image_size);
	arch_vdso_clock(vdso_data);
	vdso_set_realtime(clock_realtime_offset_ns());
}

void vdso_set_realtime(u64 offset)
{
	WRITE_ONCE(vdso_data->realtime_offset, offset);
}

long vdso_map(struct mm *mm, unsigned long *header)
{
	size_t len = vdso_object->nr_pages << PAGE_SHIFT;
	long addr;

	vmobject_get(vdso_object);
	addr = vm_map(mm, &(struct vm_mapping){
		.addr = USER_MAX - len, .len = len, .fixed = true,
		.flags = VM_READ | VM_EXEC, .object = vdso_object });
	if (addr < 0)
		vmobject_put(vdso_object);
	else
		*header = addr + PAGE_SIZE;
	return addr;
}

bool vdso_is(const struct vmobject *object)
{
	return object == vdso_object;
}
