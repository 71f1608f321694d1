/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * screen_map(): maps the frame buffer, or the text-mode memory, into the terminal driver.
 * include/uapi/screen.h is the interface.  The kernel itself does not draw.
 */
#include <neurath/boot.h>
#include <neurath/errno.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>
#include <uapi/screen.h>

static int screen_describe(struct screen_info *info, phys_addr_t *start)
{
	const struct boot_framebuffer *fb = &boot_info.framebuffer;
	phys_addr_t end;

	if (!fb->address || !fb->width || !fb->height || !fb->pitch)
		return -ENODEV;
	*start = fb->address & PAGE_MASK;
	end = align_up(fb->address + (u64)fb->pitch * fb->height, PAGE_SIZE);
	/*
	 * A buffer that begins within a page does not occur in practice, and the interface could
	 * not report its address.
	 */
	if (*start != fb->address || boot_is_ram(*start, end))
		return -ENODEV;
	*info = (struct screen_info){
		.type = fb->type, .width = fb->width, .height = fb->height, .pitch = fb->pitch,
		.depth = fb->bpp, .size = end - *start };
	return 0;
}

SYSCALL_DEFINE1(screen_map, struct screen_info __user *, uinfo)
{
	struct screen_info info;
	struct vmobject *o;
	phys_addr_t start;
	long ret;

	if (!is_superuser())
		return -EPERM;
	ret = screen_describe(&info, &start);
	if (ret)
		return ret;
	if (copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	o = vmobject_of_device(start, info.size, NULL, NULL);
	if (!o)
		return -ENOMEM;
	ret = vm_map(current->mm, &(struct vm_mapping){
		.len = info.size, .flags = VM_READ | VM_WRITE | VM_SHARED | VM_DEVICE,
		.object = o, .name = "[screen]" });
	if (ret < 0)
		vmobject_put(o);
	return ret;
}
