/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first stack of a program, defined by the x86_64 ABI.  From high to low addresses:
 *
 *	(the vDSO, at the top of user memory)
 *	8 bytes of zero, name of the program, environment strings, argument strings,
 *	"x86_64", 16 random bytes, (alignment)
 *	auxiliary vector, environment pointers NULL, argument pointers NULL, argc
 *
 * It is built in kernel memory and copied in one piece.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/random.h>
#include <neurath/string.h>
#include <neurath/vdso.h>
#include "exec_image.h"

/* present below the strings from the start; grows on demand */
#define STACK_SPARE	(128UL << 10)
#define STACK_RANDOM	16
#define USER_HZ		100

#define AT_NULL		0
#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_FLAGS	8
#define AT_ENTRY	9
#define AT_UID		11
#define AT_EUID		12
#define AT_GID		13
#define AT_EGID		14
#define AT_PLATFORM	15
#define AT_HWCAP	16
#define AT_CLKTCK	17
#define AT_SECURE	23
#define AT_RANDOM	25
#define AT_EXECFN	31
#define AT_SYSINFO_EHDR	33
#define AT_MINSIGSTKSZ	51
#define AT_ENTRIES	20

static const char stack_platform[] = "x86_64";

/* The stack under construction: @buf stands for user addresses from @base on. */
struct stack_image {
	char *buf;
	size_t size, pos;		/* filled from the top down to pos */
	unsigned long base;
};

static unsigned long stack_push(struct stack_image *st, const void *data, size_t n)
{
	assert(st->pos >= n);
	st->pos -= n;
	memcpy(st->buf + st->pos, data, n);
	return st->base + st->pos;
}

struct stack_addresses {
	unsigned long execfn, args, env, platform, random;
};

static void stack_push_strings(struct stack_image *st, const struct exec_image *image,
			       struct stack_addresses *at)
{
	u8 random[STACK_RANDOM];
	u64 zero = 0;

	stack_push(st, &zero, sizeof(zero));
	at->execfn = stack_push(st, image->execfn, strlen(image->execfn) + 1);
	at->env = stack_push(st, image->env.buf, image->env.used);
	at->args = stack_push(st, image->args.buf, image->args.used);
	at->platform = stack_push(st, stack_platform, sizeof(stack_platform));
	random_bytes(random, sizeof(random));
	at->random = stack_push(st, random, sizeof(random));
}

static unsigned stack_fill_auxv(unsigned long *auxv, const struct exec_image *image,
				const struct stack_addresses *at)
{
	const struct credentials *cred = &current->process->cred;
	const unsigned long values[AT_ENTRIES][2] = {
		{ AT_SYSINFO_EHDR, image->vdso },
		{ AT_HWCAP, arch_hwcap() },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, USER_HZ },
		{ AT_PHDR, image->phdr },
		{ AT_PHENT, 56 },
		{ AT_PHNUM, image->phdr ? image->phnum : 0 },
		{ AT_BASE, image->interp_base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, image->program_entry },
		{ AT_UID, cred->uid },
		{ AT_EUID, image->uid },
		{ AT_GID, cred->gid },
		{ AT_EGID, image->gid },
		{ AT_SECURE, image->secure },
		{ AT_RANDOM, at->random },
		{ AT_EXECFN, at->execfn },
		{ AT_PLATFORM, at->platform },
		{ AT_MINSIGSTKSZ, arch_signal_frame_size() },
		{ AT_NULL, 0 },
	};

	_Static_assert(sizeof(values) <= sizeof(((struct mm *)0)->auxv), "auxv fits");
	memcpy(auxv, values, sizeof(values));
	return sizeof(values);
}

/* Pointers to @count strings, which are in sequence from @addr on, and NULL. */
static unsigned long *stack_fill_vector(unsigned long *slot, const struct exec_strings *s,
					unsigned long addr)
{
	const char *p = s->buf;

	for (unsigned i = 0; i < s->count; i++) {
		size_t n = strlen(p) + 1;

		*slot++ = addr;
		addr += n;
		p += n;
	}
	*slot++ = 0;
	return slot;
}

static size_t stack_vector_bytes(const struct exec_image *image)
{
	return (1 + image->args.count + 1 + image->env.count + 1 + 2 * AT_ENTRIES) *
	       sizeof(unsigned long);
}

static void stack_compose(struct stack_image *st, struct exec_image *image)
{
	struct mm *mm = image->mm;
	struct stack_addresses at;
	unsigned long *slot;

	stack_push_strings(st, image, &at);
	mm->arg_start = at.args;
	mm->arg_end = at.args + image->args.used;
	mm->env_start = at.env;
	mm->env_end = at.env + image->env.used;
	st->pos = align_down(st->pos - stack_vector_bytes(image), 16);
	slot = (unsigned long *)(st->buf + st->pos);
	*slot++ = image->args.count;
	slot = stack_fill_vector(slot, &image->args, at.args);
	slot = stack_fill_vector(slot, &image->env, at.env);
	stack_fill_auxv(mm->auxv, image, &at);
	memcpy(slot, mm->auxv, 2 * AT_ENTRIES * sizeof(unsigned long));
}

static size_t stack_image_size(const struct exec_image *image)
{
	size_t size = sizeof(u64) + strlen(image->execfn) + 1 + image->env.used + image->args.used +
		      sizeof(stack_platform) + STACK_RANDOM + 16 + stack_vector_bytes(image);

	return align_up(size, 16);
}

static int stack_install(struct exec_image *image, struct stack_image *st)
{
	size_t n = st->size - st->pos;
	ssize_t done;

	image->stack_pointer = image->mm->stack_start = st->base + st->pos;
	done = vm_copy_to(image->mm, image->stack_pointer, st->buf + st->pos, n);
	if (done < 0)
		return done;
	return (size_t)done == n ? 0 : -ENOMEM;
}

/* The bytes that count as strings: the strings and the pointers to them. */
static size_t stack_strings(const struct exec_image *image)
{
	return image->args.used + image->env.used + strlen(image->execfn) + 1 +
	       (max(image->args.count, 1u) + image->env.count) * sizeof(char *);
}

/* A quarter of the stack, and at least what POSIX programs rely on (ARG_MAX). */
static size_t stack_strings_max(void)
{
	return max(min_t(u64, process_rlimit(RLIMIT_STACK) / 4, EXEC_STRINGS_MAX),
		   (u64)EXEC_STRING_MAX);
}

int exec_build_stack(struct exec_image *image)
{
	struct stack_image st = { .size = stack_image_size(image) };
	unsigned long area = align_up(st.size + STACK_SPARE, PAGE_SIZE);
	long addr;
	int error;

	if (stack_strings(image) > stack_strings_max())
		return -E2BIG;
	addr = vdso_map(image->mm, &image->vdso);
	if (addr < 0)
		return addr;
	st.base = addr - st.size;
	addr = vm_map(image->mm, &(struct vm_mapping){
		.addr = addr - area, .len = area, .fixed = true,
		.flags = VM_READ | VM_WRITE | VM_GROWSDOWN | VM_STACK });
	if (addr < 0)
		return addr;
	st.buf = kmalloc(st.size, GFP_KERNEL);
	if (!st.buf)
		return -ENOMEM;
	st.pos = st.size;
	stack_compose(&st, image);
	error = stack_install(image, &st);
	kfree(st.buf);
	return error;
}
