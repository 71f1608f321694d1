/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants of C for assembly code.
 *
 * Only arch/x86_64/asm-offsets.c includes this. That file is compiled to assembly text, never
 * linked; the build turns each mark that ASM_DEFINE left there into a #define of
 * <generated/asm-offsets.h>.
 */
#ifndef NEURATH_ASM_DEFINE_H
#define NEURATH_ASM_DEFINE_H

#define ASM_DEFINE(name, value) \
	__asm__ volatile("\n#->" #name " %c0" : : "i" (value))
#define ASM_OFFSET(name, type, member) \
	ASM_DEFINE(name, __builtin_offsetof(type, member))

#endif
