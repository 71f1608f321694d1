/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ioctl commands and the terminal structures of the Linux x86_64 ABI. */
#ifndef UAPI_IOCTL_H
#define UAPI_IOCTL_H

#include <stdint.h>

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCSBRK		0x5409
#define TCXONC		0x540A
#define TCFLSH		0x540B
#define TIOCEXCL	0x540C
#define TIOCNXCL	0x540D
#define TIOCSCTTY	0x540E
#define TIOCGPGRP	0x540F
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCSTI		0x5412
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define FIONREAD	0x541B
#define FIONBIO		0x5421
#define TIOCNOTTY	0x5422
#define TCSBRKP		0x5425
#define TIOCGSID	0x5429
#define FIONCLEX	0x5450
#define FIOCLEX		0x5451

/* Encoded commands: direction in bits 30..31, size of the argument in bits 16..29. */
#define IOC_SIZE(cmd)	(((cmd) >> 16) & 0x3fff)
#define IOC_WRITE	0x40000000u	/* the caller gives data */
#define IOC_READ	0x80000000u	/* the caller gets data */

/* The kernel's termios of the ABI: 36 bytes. */
struct termios_abi {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[19];
};
_Static_assert(sizeof(struct termios_abi) == 36, "termios is 36 bytes in the ABI");

#define TERMIOS_TOSTOP	0x100		/* c_lflag: background writers get SIGTTOU */

#endif
