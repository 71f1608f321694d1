/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of memory inside the kernel: behaviour that no system call shows directly. */
#include <neurath/errno.h>
#include <neurath/ktest.h>
#include <neurath/string.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include "area.h"
#include "internal.h"

#define MAP_SIZE	(64 * PAGE_SIZE)
#define RW		(VM_READ | VM_WRITE)

KTEST(kmalloc_sizes_are_aligned_and_freed)
{
	size_t before = pages_slab();

	for (unsigned round = 0; round < 3; round++) {
		for (size_t size = 1; size < 70000; size += size / 3 + 1) {
			char *p = kmalloc(size, GFP_KERNEL | __GFP_ZERO);

			KTEST_CHECK(p && !((unsigned long)p & 15) && ksize(p) >= size);
			KTEST_CHECK(p[0] == 0 && p[size - 1] == 0);
			memset(p, 0xff, size);
			kfree(p);
		}
	}
	KTEST_CHECK(pages_slab() < before + 200);
}

KTEST(room_is_known_of_any_address)
{
	char *small = kmalloc(100, GFP_KERNEL), *large = kmalloc(3 * PAGE_SIZE, GFP_KERNEL);
	char *mapped = vmalloc(3 * PAGE_SIZE);

	KTEST_CHECK(small && large && mapped);
	KTEST_CHECK(kmalloc_room(small) == ksize(small));
	KTEST_CHECK(kmalloc_room(small + 1) == ksize(small) - 1);
	KTEST_CHECK(kmalloc_room(large) == 4 * PAGE_SIZE);
	KTEST_CHECK(kmalloc_room(large + 4 * PAGE_SIZE - 1) == 1);
	KTEST_CHECK(vmalloc_room(mapped + 5) == 3 * PAGE_SIZE - 5);
	KTEST_CHECK(!vmalloc_room(mapped + 3 * PAGE_SIZE) && !vmalloc_room(small));
	KTEST_CHECK(!kmalloc_room(NULL) && !kmalloc_room(mapped) && !kmalloc_room(kmalloc_room));
	KTEST_CHECK(!kmalloc_room((void *)~0UL) && !vmalloc_room((void *)~0UL));
	KTEST_CHECK(vmalloc_room(&small));	/* this stack */
	kfree(small);
	kfree(large);
	vfree(mapped);
}

KTEST(vmalloc_ranges_do_not_touch)
{
	char *a = vmalloc(3 * PAGE_SIZE), *b = vmalloc(PAGE_SIZE), *c = module_alloc(5000);

	KTEST_CHECK(a && b && c);
	memset(a, 1, 3 * PAGE_SIZE);
	memset(b, 2, PAGE_SIZE);
	KTEST_CHECK(c[0] == 0 && c[4999] == 0);
	KTEST_CHECK(b >= a + 4 * PAGE_SIZE || b + 2 * PAGE_SIZE <= a);
	KTEST_CHECK((unsigned long)c >= MODULE_BASE && (unsigned long)c < MODULE_END);
	KTEST_CHECK(a[0] == 1 && a[3 * PAGE_SIZE - 1] == 1 && b[0] == 2);
	vfree(a);
	vfree(b);
	module_free(c);
}

KTEST(kernel_stacks_are_used_again)
{
	void *first = kstack_alloc(), *second;

	KTEST_CHECK(first);
	memset((char *)first + 64, 0x5a, KSTACK_SIZE - 64);
	kstack_free(first);
	second = kstack_alloc();
	KTEST_CHECK(second == first);
	kstack_free(second);
}

/* Makes a new address space current's; false = no memory. */
static bool test_mm_enter(long *addr)
{
	struct mm *mm = mm_create();

	if (!mm)
		return false;
	mm_switch_to_new(mm);
	*addr = vm_map(mm, &(struct vm_mapping){ .len = MAP_SIZE, .flags = RW });
	return *addr > 0;
}

KTEST(copies_report_how_far_they_came)
{
	char text[] = "0123456789abcdefghijklmnopqrstuvwxyz", back[40];
	char __user *end;
	long addr;

	KTEST_CHECK(test_mm_enter(&addr));
	end = (char __user *)addr + MAP_SIZE;
	for (size_t n = 1; n < 30; n++) {
		KTEST_CHECK(copy_to_user_partial(end - n, text, 36) == n);
		KTEST_CHECK(copy_from_user_partial(back, end - n, 36) == n);
		KTEST_CHECK(!memcmp(text, back, n));
		KTEST_CHECK(copy_to_user(end - n, text, n) == 0);
		KTEST_CHECK(copy_to_user(end - n, text, n + 1) == -EFAULT);
		KTEST_CHECK(clear_user(end - n, n + 9) == -EFAULT && clear_user(end - n, n) == 0);
		KTEST_CHECK(copy_from_user(back, end - n, n) == 0 && !memchr(back, '0', n));
	}
	KTEST_CHECK(copy_to_user((void *)DIRECT_MAP_BASE, text, 1) == -EFAULT);
	KTEST_CHECK(copy_to_user((void *)(USER_MAX - 1), text, 2) == -EFAULT);
	KTEST_CHECK(copy_from_user(back, NULL, 1) == -EFAULT);
	mm_exit_current();
}

KTEST(strings_end_at_their_nul_or_say_why_not)
{
	char back[40];
	char __user *p;
	long addr;

	KTEST_CHECK(test_mm_enter(&addr));
	p = (char __user *)addr + MAP_SIZE - 6;
	KTEST_CHECK(copy_to_user(p, "hello", 6) == 0);
	KTEST_CHECK(strncpy_from_user(back, p, 40) == 5 && !strcmp(back, "hello"));
	KTEST_CHECK(strncpy_from_user(back, p, 6) == 5);
	KTEST_CHECK(strncpy_from_user(back, p, 5) == -ENAMETOOLONG);
	KTEST_CHECK(copy_to_user(p, "hello!", 6) == 0);
	KTEST_CHECK(strncpy_from_user(back, p, 40) == -EFAULT);
	mm_exit_current();
}

/* A string of @len bytes @left bytes before unmapped memory, in a buffer of @size bytes. */
static bool test_mm_string(char __user *p, size_t left, size_t len, size_t size)
{
	static const char text[] = "0123456789abcdefghijklmno";
	char back[sizeof(text) + 1];
	size_t mapped = min(len, left);
	ssize_t want = len < size && len < left ? (ssize_t)len :
		       size > left ? -EFAULT : -ENAMETOOLONG;

	memset(back, '#', sizeof(back));
	if (copy_to_user(p, text, mapped) || (len < left && clear_user(p + len, 1)))
		return false;
	return strncpy_from_user(back, p, size) == want && back[size] == '#' &&
	       !memcmp(back, text, min(mapped, size)) && (want < 0 || !back[len]);
}

KTEST(strings_of_all_lengths_end_at_all_places_of_a_page)
{
	long addr;

	KTEST_CHECK(test_mm_enter(&addr));
	for (size_t left = 1; left <= 20; left++)
		for (size_t len = 0; len <= left; len++)
			for (size_t size = 0; size <= 24; size++)
				KTEST_CHECK(test_mm_string((char __user *)addr + MAP_SIZE - left,
							   left, len, size));
	mm_exit_current();
}

KTEST(user_cmpxchg_exchanges_only_what_it_expects)
{
	u32 old = 1;
	long addr;

	KTEST_CHECK(test_mm_enter(&addr));
	KTEST_CHECK(user_cmpxchg32((void *)addr, 0, 7, &old) == 0 && old == 0);
	KTEST_CHECK(user_cmpxchg32((void *)addr, 0, 9, &old) == 0 && old == 7);
	KTEST_CHECK(user_cmpxchg32((void *)addr, 7, 9, &old) == 0 && old == 7);
	KTEST_CHECK(user_cmpxchg32((void *)(addr + MAP_SIZE), 0, 1, &old) == -EFAULT);
	mm_exit_current();
}

KTEST(a_fork_shares_pages_until_one_side_writes)
{
	struct mm *child;
	char back[16];
	size_t rss;
	long addr;

	KTEST_CHECK(test_mm_enter(&addr));
	KTEST_CHECK(copy_to_user((void *)addr, "before", 7) == 0);
	child = mm_fork(current->mm);
	KTEST_CHECK(child && child->rss == current->mm->rss);
	KTEST_CHECK(copy_to_user((void *)addr, "parent", 7) == 0);
	KTEST_CHECK(vm_copy_from(child, back, addr, 7) == 7 && !strcmp(back, "before"));
	KTEST_CHECK(vm_copy_to(child, addr, "child!", 7) == 7);
	KTEST_CHECK(copy_from_user(back, (void *)addr, 7) == 0 && !strcmp(back, "parent"));
	/* A copy that reaches an unmapped page returns the number of copied bytes. */
	rss = child->rss;
	KTEST_CHECK(vm_copy_to(child, addr + MAP_SIZE - 3, "abcdef", 6) == 3);
	KTEST_CHECK(child->rss == rss + 1);
	KTEST_CHECK(vm_copy_from(child, back, addr + MAP_SIZE, 1) == -EFAULT);
	mm_put(child);
	mm_exit_current();
}

KTEST(an_address_space_gives_everything_back)
{
	size_t before = 0;

	for (unsigned round = 0; round < 20; round++) {
		long addr;

		if (round == 2)
			before = pages_free();
		KTEST_CHECK(test_mm_enter(&addr));
		for (unsigned long va = addr; va < addr + MAP_SIZE; va += PAGE_SIZE)
			KTEST_CHECK(vm_fault(current->mm, va, VM_WRITE) == 0);
		KTEST_CHECK(current->mm->rss == MAP_SIZE >> PAGE_SHIFT);
		KTEST_CHECK(vm_unmap(current->mm, addr, MAP_SIZE / 2) == 0);
		KTEST_CHECK(current->mm->rss == MAP_SIZE >> (PAGE_SHIFT + 1));
		mm_exit_current();
	}
	/* 18 rounds of 64 pages, and their tables. */
	KTEST_CHECK(pages_free() + 64 > before);
}

KTEST(an_object_lives_as_long_as_a_mapping)
{
	struct vmobject *o = vmobject_anon(4);
	struct mm *child;
	char back[8];
	long addr;

	KTEST_CHECK(o && test_mm_enter(&addr));
	addr = vm_map(current->mm, &(struct vm_mapping){ .len = 5 * PAGE_SIZE,
		.flags = RW | VM_SHARED, .object = o, .name = "shared" });
	KTEST_CHECK(addr > 0);
	KTEST_CHECK(copy_to_user((void *)addr, "shared", 7) == 0);
	child = mm_fork(current->mm);
	KTEST_CHECK(child && atomic_read(&o->refs) == 2);
	KTEST_CHECK(vm_unmap(current->mm, addr, 5 * PAGE_SIZE) == 0);
	KTEST_CHECK(vm_copy_from(child, back, addr, 7) == 7 && !strcmp(back, "shared"));
	KTEST_CHECK(vm_fault(child, addr + 4 * PAGE_SIZE, VM_READ) == -EIO);
	KTEST_CHECK(vm_fault(child, addr, VM_EXEC) == -EACCES);
	mm_put(child);
	mm_exit_current();
}
