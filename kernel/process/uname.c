/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the system.  Programs built for the Linux ABI check sysname and release (static glibc
 * refuses a release below 3.2).  "neurath" is in fields that they do not check.
 */
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <neurath/utsname.h>

static DEFINE_SPINLOCK_RANK(utsname_lock, RANK_LEAF);

/* (utsname_lock) */
static struct utsname utsname = {
	.sysname = "Linux",
	.nodename = "neurath",
	.release = UTS_RELEASE,
	.version = "#1 SMP Neurath",
	.machine = "x86_64",
	.domainname = "(none)",
};

void utsname_get(struct utsname *out)
{
	unsigned long flags;

	spin_lock_irqsave(&utsname_lock, flags);
	*out = utsname;
	spin_unlock_irqrestore(&utsname_lock, flags);
}

SYSCALL_DEFINE1(uname, struct utsname __user *, uname)
{
	struct utsname copy;

	utsname_get(&copy);
	return copy_to_user(uname, &copy, sizeof(copy));
}

static void utsname_store(char *field, const char name[UTS_LEN + 1])
{
	unsigned long flags;

	spin_lock_irqsave(&utsname_lock, flags);
	memcpy(field, name, UTS_LEN + 1);
	spin_unlock_irqrestore(&utsname_lock, flags);
}

static int utsname_set(char *field, const char __user *uname, int len)
{
	char name[UTS_LEN + 1] = { 0 };

	if (!is_superuser())
		return -EPERM;
	if (len < 0 || len > UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, uname, len))
		return -EFAULT;
	utsname_store(field, name);
	return 0;
}

int utsname_set_nodename(const char *new, size_t len)
{
	char name[UTS_LEN + 1] = { 0 };

	if (len > UTS_LEN)
		return -EINVAL;
	memcpy(name, new, len);
	utsname_store(utsname.nodename, name);
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return utsname_set(utsname.nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return utsname_set(utsname.domainname, name, len);
}
