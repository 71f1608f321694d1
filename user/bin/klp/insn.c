/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * insn.c - lengths of instructions, and which of them write %rbp.
 *
 * Two tables of 256 letters, one for each map of opcodes:
 *	.  unknown		-  no operand bytes	m  ModRM
 *	b  imm8			w  imm of the operand size
 *	B  ModRM imm8		W  ModRM and an imm of the operand size
 *	j  imm8 of a branch	J  imm32 of a branch
 *	g  ModRM, and an imm8 for the first two of the group	G  the same with an imm
 *	v  imm of 4 bytes, or 8 with REX.W
 * and a table of which operand is written: r the register, e the one of ModRM's r/m, x both,
 * o the low three bits of the opcode; capital letters: bytes.  A group is judged by its number.
 */
#include <string.h>
#include "insn.h"

#define RBP	5

static const char one_byte[257] =
	"mmmmbw..mmmmbw.." "mmmmbw..mmmmbw.." "mmmmbw..mmmmbw.." "mmmmbw..mmmmbw.."
	"................" "----------------" "...m....wWbB----" "jjjjjjjjjjjjjjjj"
	"BW.Bmmmmmmmm.m.." "----------..--.." "....----bw------" "bbbbbbbbvvvvvvvv"
	"BB.-..BW.-..-..." "mmmm............" "........JJ.j----" "....-.gG------mm";
static const char one_writes[257] =
	"EeRr....EeRr...." "EeRr....EeRr...." "EeRr....EeRr...." "EeRr............"
	"................" "........oooooooo" "...r.....r.r...." "................"
	"................" "oooooooo........" "................" "OOOOOOOOoooooooo"
	"................" "................" "................" "................";
/* The second map: 0f and one byte more. */
static const char two_bytes[257] =
	".m....-.--.-.m.." "........m.....mm" "mmmm............" "----............"
	"mmmmmmmmmmmmmmmm" "................" "................" "................"
	"JJJJJJJJJJJJJJJJ" "mmmmmmmmmmmmmmmm" "..-mBm.....mBmmm" "mm.m..mmm.Bmmmmm"
	"mm.m...m--------" "................" "................" "................";
static const char two_writes[257] =
	"................" "................" "ee.............." "................"
	"rrrrrrrrrrrrrrrr" "................" "................" "................"
	"................" "EEEEEEEEEEEEEEEE" "....ee.....eeeer" "Ee.e..rrr..errrr"
	"Xx......oooooooo" "................" "................" "................";

/* An instruction being read. */
struct reader {
	const unsigned char *code;
	size_t size, at;
	unsigned rex, modrm;
	bool narrow;			/* 16-bit operands */
	bool second;			/* map */
	unsigned char opcode;
};

static bool is_prefix(unsigned char c)
{
	return c == 0x66 || c == 0xf0 || c == 0xf2 || c == 0xf3 || c == 0x64 || c == 0x65 ||
	       c == 0x2e || c == 0x3e;
}

static bool read_prefixes(struct reader *r)
{
	while (r->at < r->size && is_prefix(r->code[r->at]))
		r->narrow |= r->code[r->at++] == 0x66;
	if (r->at < r->size && (r->code[r->at] & 0xf0) == 0x40)
		r->rex = r->code[r->at++];
	if (r->at < r->size && r->code[r->at] == 0x0f) {
		r->second = true;
		r->at++;
	}
	if (r->at >= r->size)
		return false;
	r->opcode = r->code[r->at++];
	return true;
}

/* Reads ModRM with its SIB byte and its distance. */
static bool read_modrm(struct reader *r)
{
	unsigned mod, rm;

	if (r->at >= r->size)
		return false;
	r->modrm = r->code[r->at++];
	mod = r->modrm >> 6;
	rm = r->modrm & 7;
	if (mod == 3)
		return true;
	if (rm == 4) {
		if (r->at >= r->size)
			return false;
		if ((r->code[r->at++] & 7) == 5 && mod == 0)
			r->at += 4;
	} else if (rm == 5 && mod == 0) {
		r->at += 4;
	}
	r->at += mod == 1 ? 1 : mod == 2 ? 4 : 0;
	return r->at <= r->size;
}

static unsigned wide(const struct reader *r)
{
	return r->narrow && !(r->rex & 8) ? 2 : 4;
}

/* Reads the operands of the form; false if there is no such instruction. */
static bool read_operands(struct reader *r, char form)
{
	static const char with_modrm[] = "mBWgG";
	unsigned group;

	if (form == '.')
		return false;
	if (strchr(with_modrm, form) && !read_modrm(r))
		return false;
	group = r->modrm >> 3 & 7;
	switch (form) {
	case 'b': case 'B': case 'j':
		r->at += 1;
		break;
	case 'w': case 'W':
		r->at += wide(r);
		break;
	case 'g':
		r->at += group < 2 ? 1 : 0;
		break;
	case 'G':
		r->at += group < 2 ? wide(r) : 0;
		break;
	case 'J':
		r->at += 4;
		break;
	case 'v':
		r->at += r->rex & 8 ? 8 : wide(r);
		break;
	}
	return r->at <= r->size;
}

/* The operand that is written by an opcode whose ModRM selects the operation. */
static char group_writes(const struct reader *r)
{
	unsigned group = r->modrm >> 3 & 7;
	bool byte = !(r->opcode & 1);

	if (r->second)
		return r->opcode == 0xba && group > 4 ? 'e' : r->opcode == 0xc7 ? 'e' : '.';
	switch (r->opcode) {
	case 0x80: case 0x81: case 0x83:
		return group == 7 ? '.' : byte ? 'E' : 'e';
	case 0x86: case 0x87:
		return byte ? 'X' : 'x';
	case 0x88: case 0x89: case 0xc6: case 0xc7:
		return byte ? 'E' : 'e';
	case 0x8a: case 0x8b: case 0x8d:
		return r->opcode == 0x8a ? 'R' : 'r';
	case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3:
		return byte ? 'E' : 'e';
	case 0xf6: case 0xf7:
		return group == 2 || group == 3 ? (byte ? 'E' : 'e') : '.';
	case 0xfe: case 0xff:
		return group < 2 ? (byte ? 'E' : 'e') : '.';
	}
	return '.';
}

static bool is_compare(const struct reader *r)
{
	return !r->second && (r->opcode & 0xf8) == 0x38;
}

static bool writes_rbp(const struct reader *r)
{
	char what = (r->second ? two_writes : one_writes)[r->opcode];
	bool reg = (r->modrm >> 3 & 7) == RBP && !(r->rex & 4);
	bool rm = r->modrm >> 6 == 3 && (r->modrm & 7) == RBP && !(r->rex & 1);
	bool low = (r->opcode & 7) == RBP && !(r->rex & 1);
	char form = (r->second ? two_bytes : one_byte)[r->opcode];

	if (is_compare(r))
		return false;
	if (what == '.')
		what = group_writes(r);
	/* Without REX, the fifth byte register is %ch. */
	if (what >= 'A' && what <= 'Z') {
		if (!r->rex)
			return false;
		what += 'a' - 'A';
	}
	if (form == '-' || form == 'v' || form == 'b')
		return what == 'o' && low;
	return (what == 'r' && reg) || (what == 'e' && rm) || (what == 'x' && (reg || rm));
}

static bool set_kind(const struct reader *r, struct insn *insn)
{
	char form = (r->second ? two_bytes : one_byte)[r->opcode];
	unsigned group = r->modrm >> 3 & 7;

	insn->kind = INSN_PLAIN;
	if (r->second) {
		if (form == 'J')
			insn->kind = INSN_BRANCH;
		if (r->opcode == 0x0b)
			insn->kind = INSN_TRAP;
	} else if (form == 'j' && r->opcode < 0x80) {
		insn->kind = INSN_BRANCH;
	} else if (form == 'J' || form == 'j') {
		insn->kind = r->opcode == 0xe8 ? INSN_CALL : INSN_JUMP;
	} else if (r->opcode == 0xff && group == 2) {
		insn->kind = INSN_CALL;
	} else if (r->opcode == 0xff && group == 4) {
		insn->kind = INSN_JUMP_ANYWHERE;
	} else if (r->opcode == 0xff && group != 0 && group != 1 && group != 6) {
		return false;
	} else if (r->opcode == 0xc9) {
		insn->kind = INSN_LEAVE;
	} else if (r->opcode == 0xc3) {
		insn->kind = INSN_RETURN;
	} else if (r->opcode == 0xcc) {
		insn->kind = INSN_TRAP;
	}
	if (form == 'j' || form == 'J') {
		insn->target_width = form == 'j' ? 1 : 4;
		insn->target_at = (unsigned)(r->at - insn->target_width);
	}
	return true;
}

bool insn_decode(const unsigned char *code, size_t size, struct insn *insn)
{
	struct reader r = { .code = code, .size = size < 15 ? size : 15 };

	*insn = (struct insn){ 0 };
	if (!read_prefixes(&r) || !read_operands(&r, (r.second ? two_bytes : one_byte)[r.opcode]) ||
	    !set_kind(&r, insn))
		return false;
	insn->length = (unsigned)r.at;
	insn->writes_rbp = writes_rbp(&r);
	return true;
}
