/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multiboot2 header: the contract with the boot loader.
 *
 * It is in section .multiboot, which the linker script places first in the image: the loader
 * searches the first 32 KiB of the file.  Every request except the entry address is optional, so
 * that a machine without a frame buffer or text mode still boots.
 */
#include "boot.h"

	.section .multiboot, "a"
	.balign	8
multiboot_header:
	.long	MULTIBOOT2_HEADER_MAGIC
	.long	MULTIBOOT2_ARCH_I386
	.long	multiboot_header_end - multiboot_header
	.long	-(MULTIBOOT2_HEADER_MAGIC + MULTIBOOT2_ARCH_I386 + \
		  (multiboot_header_end - multiboot_header))

	/* Entry address (tag 3): physical; the ELF entry point is virtual. */
	.balign	8
	.word	3, 0
	.long	12
	.long	_start

	/* Console flags (tag 4): EGA text is supported, a console is not required. */
	.balign	8
	.word	4, 1
	.long	12
	.long	2

	/* Frame buffer (tag 5), optional: any size and depth. */
	.balign	8
	.word	5, 1
	.long	20
	.long	0, 0, 0

	/* Modules start on page boundaries (tag 6). */
	.balign	8
	.word	6, 0
	.long	8

	.balign	8
	.word	0, 0
	.long	8
multiboot_header_end:
