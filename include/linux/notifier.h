/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Return values of notifiers. */
#ifndef LINUX_NOTIFIER_H
#define LINUX_NOTIFIER_H

#define NOTIFY_DONE	0
#define NOTIFY_OK	1
#define NOTIFY_BAD	0x8002

#endif
