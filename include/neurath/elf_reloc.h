/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a relocation of the x86_64 ABI writes: plain computation, shared by the module
 * loader and by relocations of live patches that are applied later.
 */
#ifndef NEURATH_ELF_RELOC_H
#define NEURATH_ELF_RELOC_H

#include <neurath/elf.h>

/* Bytes that a relocation of this type fills; 0 = not supported, none for NONE. */
unsigned int elf_reloc_width(unsigned int type);
/*
 * The value for one at @place whose symbol is at @symbol; false if it does not fit, or the
 * type needs more than these (a table).
 */
bool elf_reloc_compute(unsigned int type, u64 place, u64 symbol, u64 addend, u64 *value);

#endif
