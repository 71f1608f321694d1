/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame.c - proves that frame pointers unwind every stack with functions of klpcc.  The rules are
 * those of tools/framecheck.py, for the only shape of functions that this compiler writes:
 *
 *	push %rbp; mov %rsp,%rbp; sub $N,%rsp	before anything else
 *	...					nothing writes %rbp; jumps stay inside
 *	leave; ret				these two together, and at the very end
 *
 * The proof reads all bytes in order, so every instruction is known.  Each jump must lead to the
 * start of an instruction.
 */
#include <stdlib.h>
#include <string.h>
#include "build.h"
#include "insn.h"

#define PROLOGUE_BYTES 11
#define MAX_COMPLAINTS 8

struct walk {
	const char *file, *name;
	const unsigned char *code;
	size_t size;
	unsigned char *starts;	    /* of instructions that a jump may lead to */
	const unsigned char *fixed; /* bytes that a relocation fills, of the section */
	int complaints;
};

static void object_to(struct walk *w, size_t at, const char *what)
{
	if (w->complaints++ < MAX_COMPLAINTS)
		complain("%s: %s+%#zx: %s: no stack with it could be unwound", w->file, w->name, at,
			 what);
}

static long distance(const unsigned char *at, unsigned width)
{
	int value;

	if (width == 1)
		return (signed char)*at;
	memcpy(&value, at, sizeof(value));
	return value;
}

/* First pass: checks each instruction, and marks the places to which a jump may lead. */
static void check_each(struct walk *w)
{
	struct insn insn = { .kind = INSN_PLAIN }, last;

	for (size_t at = PROLOGUE_BYTES; at < w->size; at += insn.length) {
		last = insn;
		if (!insn_decode(w->code + at, w->size - at, &insn)) {
			object_to(w, at, "an instruction that is not known");
			return;
		}
		w->starts[at] = last.kind != INSN_LEAVE;
		if (insn.writes_rbp)
			object_to(w, at, "it changes the frame pointer");
		if (insn.kind == INSN_JUMP_ANYWHERE)
			object_to(w, at, "it jumps to a place that is not known");
		if ((last.kind == INSN_LEAVE) != (insn.kind == INSN_RETURN))
			object_to(w, at,
				  insn.kind == INSN_RETURN ? "it returns with the frame in place"
							   : "it goes on without a frame");
	}
	if (insn.kind != INSN_RETURN)
		object_to(w, w->size, "control leaves the function");
}

/* Second pass: checks the targets of jumps. */
static void check_jumps(struct walk *w)
{
	struct insn insn;

	for (size_t at = PROLOGUE_BYTES; at < w->size; at += insn.length) {
		long target;

		if (!insn_decode(w->code + at, w->size - at, &insn))
			return;
		if (insn.kind != INSN_JUMP && insn.kind != INSN_BRANCH)
			continue;
		target = (long)(at + insn.length) +
			 distance(w->code + at + insn.target_at, insn.target_width);
		if (w->fixed[at + insn.target_at])
			object_to(w, at, "it jumps to another function");
		else if (target < 0 || target >= (long)w->size || !w->starts[target])
			object_to(w, at, "it jumps into the middle of something");
	}
}

static bool check_function(struct walk *w)
{
	static const unsigned char prologue[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec };

	w->complaints = 0;
	w->starts = calloc(w->size + 1, 1);
	if (!w->starts)
		return false;
	if (w->size < PROLOGUE_BYTES + 2 || memcmp(w->code, prologue, sizeof(prologue)) != 0) {
		object_to(w, 0, "it does not start with a frame");
	} else {
		check_each(w);
		if (!w->complaints)
			check_jumps(w);
	}
	free(w->starts);
	return !w->complaints;
}

/* One byte for each byte of the section: 1 if a relocation fills it. */
static unsigned char *filled_bytes(const struct elf_edit *elf, unsigned section)
{
	size_t size = elf->sections[section].sh_size;
	unsigned char *fixed = calloc(size + 8, 1);

	for (unsigned i = 1; fixed && i < elf->nr_sections; i++) {
		const Elf64_Shdr *s = &elf->sections[i];
		const Elf64_Rela *entry = (const Elf64_Rela *)elf_bytes(elf, s);

		if (s->sh_type != SHT_RELA || s->sh_info != section)
			continue;
		for (size_t k = 0; k < s->sh_size / sizeof(*entry); k++)
			if (entry[k].r_offset < size)
				fixed[entry[k].r_offset] = 1;
	}
	return fixed;
}

/* Checks every function of a section of code; there may be no code outside of functions. */
static bool check_section(const struct elf_edit *elf, unsigned section, const char *file)
{
	const Elf64_Shdr *s = &elf->sections[section];
	unsigned char *fixed = filled_bytes(elf, section);
	struct walk w = { .file = file, .fixed = fixed };
	size_t covered = 0;
	bool good = fixed;

	for (unsigned i = 1; fixed && i < elf_nr_symbols(elf); i++) {
		const Elf64_Sym *sym = elf_symbol(elf, i);

		if (sym->st_shndx != section || ELF64_ST_TYPE(sym->st_info) != STT_FUNC)
			continue;
		w.name = elf_symbol_name(elf, sym);
		w.code = elf_bytes(elf, s) + sym->st_value;
		w.fixed = fixed + sym->st_value;
		w.size = sym->st_size;
		if (sym->st_value > s->sh_size || sym->st_size > s->sh_size - sym->st_value ||
		    !check_function(&w))
			good = false;
		covered += sym->st_size;
	}
	if (good && covered != s->sh_size) {
		complain("%s: %s has code outside of functions", file,
			 elf_section_name(elf, section));
		good = false;
	}
	free(fixed);
	return good;
}

bool frames_are_sound(const struct elf_edit *elf, const char *file)
{
	bool good = true;

	for (unsigned i = 1; i < elf->nr_sections; i++) {
		const Elf64_Shdr *s = &elf->sections[i];

		if ((s->sh_flags & SHF_EXECINSTR) && s->sh_type == SHT_PROGBITS && s->sh_size)
			good &= check_section(elf, i, file);
	}
	return good;
}
