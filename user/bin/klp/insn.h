/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * insn.h - one instruction of x86-64: its length, whether it jumps or calls, and whether it writes
 * the frame pointer.  The file knows only the instructions that klpcc and the inline assembly of
 * the kernel's headers emit; any other byte sequence counts as invalid.
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
	unsigned target_at;		/* of a jump or branch: the place of its distance, ... */
	unsigned target_width;		/* ... and its width */
	bool writes_rbp;
};

bool insn_decode(const unsigned char *code, size_t size, struct insn *insn);

#endif
