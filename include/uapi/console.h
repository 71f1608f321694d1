/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial line, which the terminal driver shares with the kernel: what console_room() tells. */
#ifndef UAPI_CONSOLE_H
#define UAPI_CONSOLE_H

#define CONSOLE_HAS_ROOM	1	/* the device takes bytes */
#define CONSOLE_IS_DRAINED	2	/* all bytes have left the device */

#endif
