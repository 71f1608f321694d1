/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of relocations of the x86_64 ABI: pure computation, shared by the module loader and by
 * relocations of live patches that are applied later.
 */
#ifndef NEURATH_ELF_RELOC_H
#define NEURATH_ELF_RELOC_H

#include <neurath/elf.h>

/* The number of bytes that a relocation of this type fills; 0 = not supported, or NONE. */
unsigned int elf_reloc_width(unsigned int type);
/*
 * The value of a relocation at @place whose symbol is at @symbol.  False if it does not fit, or
 * if the type needs more input (a table).
 */
bool elf_reloc_compute(unsigned int type, u64 place, u64 symbol, u64 addend, u64 *value);

#endif
