/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * insn.h - one instruction of x86-64: how long it is, whether control goes elsewhere, and whether
 * it writes the frame pointer.  Only what klpcc and inline assembly of the kernel's headers emit
 * is known; an instruction that is not known is no instruction.
 */
#ifndef KLP_INSN_H
#define KLP_INSN_H

#include <stdbool.h>
#include <stddef.h>

enum insn_kind { INSN_PLAIN, INSN_CALL, INSN_JUMP, INSN_BRANCH, INSN_JUMP_ANYWHERE, INSN_LEAVE,
		 INSN_RETURN, INSN_TRAP };

struct insn {
	enum insn_kind kind;
	unsigned length;
	unsigned target_at;		/* of a jump or branch: where its distance lies, ... */
	unsigned target_width;		/* ... and how wide it is */
	bool writes_rbp;
};

bool insn_decode(const unsigned char *code, size_t size, struct insn *insn);

#endif
