/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the system: uname(2), /proc/version, /proc/sys/kernel. */
#ifndef NEURATH_UTSNAME_H
#define NEURATH_UTSNAME_H

#include <neurath/types.h>

#define UTS_LEN		64
#define UTS_RELEASE	"6.12.0-neurath"	/* `uname -r`; vermagic of modules begins with it */

struct utsname {
	char sysname[UTS_LEN + 1];
	char nodename[UTS_LEN + 1];
	char release[UTS_LEN + 1];
	char version[UTS_LEN + 1];
	char machine[UTS_LEN + 1];
	char domainname[UTS_LEN + 1];
};

/* A consistent copy. (task) */
void utsname_get(struct utsname *out);
/* Sets the host's name from kernel memory: 0 or -EINVAL (too long). */
int utsname_set_nodename(const char *name, size_t len);

#endif
