/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decodes a module file: an ELF64 relocatable object from an untrusted source.  The only effect
 * is the result. place.c and relocate.c use accepted files without another check: offsets are
 * inside the file, strings are terminated, indices exist, relocations are inside their section.
 *
 * The copies of section headers and symbols are aligned; the image need not be.
 */
#include <neurath/string.h>
#include "elfmod.h"

int elfmod_refuse(struct elfmod *m, int error, const char *what, const char *detail)
{
	size_t n = 0;

	for (; *what && n < sizeof(m->why) - 1; what++)
		m->why[n++] = *what;
	for (; detail && *detail && n < sizeof(m->why) - 1; detail++)
		m->why[n++] = (*detail >= ' ' && *detail <= '~') ? *detail : '?';
	m->why[n] = '\0';
	return error;
}

/* True if [offset, offset + size) is inside the file. */
static bool elfmod_in_file(const struct elfmod *m, u64 offset, u64 size)
{
	return offset <= m->len && size <= m->len - offset;
}

const char *elfmod_section_name(const struct elfmod *m, unsigned int index)
{
	return m->section_names + m->sections[index].sh_name;
}

static int elfmod_check_header(struct elfmod *m)
{
	static const u8 magic[7] = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT };
	Elf64_Ehdr *h = &m->hdr;

	if (m->len < sizeof(*h))
		return elfmod_refuse(m, -ENOEXEC, "file is too short for an ELF header", NULL);
	memcpy(h, m->image, sizeof(*h));
	if (memcmp(h->e_ident, magic, sizeof(magic)) != 0)
		return elfmod_refuse(m, -ENOEXEC, "not an ELF64 little-endian file", NULL);
	if (h->e_type != ET_REL || h->e_machine != EM_X86_64 || h->e_version != EV_CURRENT)
		return elfmod_refuse(m, -ENOEXEC, "not a relocatable object for x86_64", NULL);
	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum < 2 ||
	    h->e_shnum > ELFMOD_MAX_SECTIONS)
		return elfmod_refuse(m, -ENOEXEC, "bad size or number of section headers", NULL);
	if (!elfmod_in_file(m, h->e_shoff, (u64)h->e_shnum * sizeof(Elf64_Shdr)))
		return elfmod_refuse(m, -ENOEXEC, "section headers reach beyond the file", NULL);
	return 0;
}

/* Loadable sections: bytes, zeroes, or relocations that live patching applies. */
static bool elfmod_may_load(const Elf64_Shdr *s)
{
	return s->sh_type == SHT_PROGBITS || s->sh_type == SHT_NOBITS || s->sh_type == SHT_NOTE ||
	       (s->sh_type == SHT_RELA && (s->sh_flags & SHF_RELA_LIVEPATCH));
}

static int elfmod_check_section(struct elfmod *m, unsigned int i)
{
	const Elf64_Shdr *s = &m->sections[i];
	u64 align = s->sh_addralign;

	/* Also without a type: .modinfo is found by its name. */
	if (s->sh_type != SHT_NOBITS && !elfmod_in_file(m, s->sh_offset, s->sh_size))
		return elfmod_refuse(m, -ENOEXEC, "a section reaches beyond the file", NULL);
	if (!(s->sh_flags & SHF_ALLOC))
		return 0;
	if (s->sh_type == SHT_NULL)
		return elfmod_refuse(m, -ENOEXEC, "a loaded section has no type", NULL);
	if (!elfmod_may_load(s))
		return elfmod_refuse(m, -ENOEXEC, "a loaded section has an unknown type", NULL);
	if (s->sh_flags & SHF_COMPRESSED)
		return elfmod_refuse(m, -ENOEXEC, "a loaded section is compressed", NULL);
	if ((s->sh_flags & SHF_WRITE) && (s->sh_flags & SHF_EXECINSTR))
		return elfmod_refuse(m, -ENOEXEC, "a section is writable and executable", NULL);
	if ((align & (align - 1)) || align > 4096)
		return elfmod_refuse(m, -ENOEXEC, "bad alignment of a section", NULL);
	if (s->sh_size > ELFMOD_MAX_SIZE)
		return elfmod_refuse(m, -ENOMEM, "a section is too large", NULL);
	return 0;
}

/* Copies the section headers and finds their names. */
static int elfmod_read_sections(struct elfmod *m)
{
	const Elf64_Shdr *names;

	m->nr_sections = m->hdr.e_shnum;
	m->sections = elfmod_alloc(m->nr_sections * sizeof(*m->sections));
	if (!m->sections)
		return elfmod_refuse(m, -ENOMEM, "no memory for section headers", NULL);
	memcpy(m->sections, m->image + m->hdr.e_shoff, m->nr_sections * sizeof(*m->sections));
	if (m->sections[0].sh_type != SHT_NULL)
		return elfmod_refuse(m, -ENOEXEC, "section 0 is not empty", NULL);
	for (unsigned int i = 1; i < m->nr_sections; i++) {
		int error = elfmod_check_section(m, i);

		if (error)
			return error;
	}
	if (m->hdr.e_shstrndx >= m->nr_sections)
		return elfmod_refuse(m, -ENOEXEC, "no table of section names", NULL);
	names = &m->sections[m->hdr.e_shstrndx];
	if (names->sh_type != SHT_STRTAB || names->sh_size == 0 ||
	    m->image[names->sh_offset + names->sh_size - 1] != '\0')
		return elfmod_refuse(m, -ENOEXEC, "bad table of section names", NULL);
	for (unsigned int i = 0; i < m->nr_sections; i++) {
		if (m->sections[i].sh_name >= names->sh_size)
			return elfmod_refuse(m, -ENOEXEC, "a section has no name", NULL);
	}
	m->section_names = (const char *)m->image + names->sh_offset;
	return 0;
}

static int elfmod_check_symbol(struct elfmod *m, const Elf64_Sym *sym)
{
	const Elf64_Shdr *s;
	const char *name;

	if (sym->st_name >= m->strings_size)
		return elfmod_refuse(m, -ENOEXEC, "a symbol has no name", NULL);
	name = m->strings + sym->st_name;
	if (sym->st_shndx == SHN_COMMON)
		return elfmod_refuse(m, -ENOEXEC, "common symbol (build with -fno-common): ", name);
	if (sym->st_shndx == SHN_LIVEPATCH && !m->livepatch)
		return elfmod_refuse(m, -ENOEXEC, "livepatch symbol in another module: ", name);
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS ||
	    sym->st_shndx == SHN_LIVEPATCH)
		return 0;
	if (sym->st_shndx >= m->nr_sections)
		return elfmod_refuse(m, -ENOEXEC, "symbol in a section that does not exist: ",
				     name);
	s = &m->sections[sym->st_shndx];
	if (sym->st_value > s->sh_size || sym->st_size > s->sh_size - sym->st_value)
		return elfmod_refuse(m, -ENOEXEC, "symbol reaches beyond its section: ", name);
	return 0;
}

/* Finds the symbol table and its strings, copies it, checks each symbol. */
static int elfmod_read_symbols(struct elfmod *m)
{
	const Elf64_Shdr *table, *strings;

	for (unsigned int i = 1; i < m->nr_sections; i++) {
		if (m->sections[i].sh_type != SHT_SYMTAB)
			continue;
		if (m->symtab_index)
			return elfmod_refuse(m, -ENOEXEC, "two symbol tables", NULL);
		m->symtab_index = i;
	}
	if (!m->symtab_index)
		return elfmod_refuse(m, -ENOEXEC, "no symbol table (stripped?)", NULL);
	table = &m->sections[m->symtab_index];
	if (table->sh_entsize != sizeof(Elf64_Sym) || table->sh_size % sizeof(Elf64_Sym) ||
	    table->sh_size == 0 || table->sh_link >= m->nr_sections)
		return elfmod_refuse(m, -ENOEXEC, "bad symbol table", NULL);
	strings = &m->sections[table->sh_link];
	if (strings->sh_type != SHT_STRTAB || strings->sh_size == 0 ||
	    m->image[strings->sh_offset + strings->sh_size - 1] != '\0')
		return elfmod_refuse(m, -ENOEXEC, "bad table of symbol names", NULL);
	m->strings = (const char *)m->image + strings->sh_offset;
	m->strings_size = strings->sh_size;
	m->nr_symbols = table->sh_size / sizeof(Elf64_Sym);
	m->symbols = elfmod_alloc(table->sh_size);
	if (!m->symbols)
		return elfmod_refuse(m, -ENOMEM, "no memory for symbols", NULL);
	memcpy(m->symbols, m->image + table->sh_offset, table->sh_size);
	/* Entry 0 is "no symbol": relocations may refer to it, so its contents are cleared. */
	m->symbols[0] = (Elf64_Sym){ 0 };
	for (unsigned int i = 1; i < m->nr_symbols; i++) {
		int error = elfmod_check_symbol(m, &m->symbols[i]);

		if (error)
			return error;
	}
	return 0;
}

const char *elfmod_info(const struct elfmod *m, const char *key, const char *prev)
{
	const char *p = m->modinfo, *end = p ? p + m->modinfo_size : NULL;
	size_t n = strlen(key);

	if (prev)
		p = prev + strlen(prev) + 1;
	for (; p && p < end; p += strlen(p) + 1) {
		if (strncmp(p, key, n) == 0 && p[n] == '=')
			return p + n + 1;
	}
	return NULL;
}

bool module_name_is_valid(const char *name)
{
	size_t n = 0;

	for (; *name; name++, n++) {
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		      (*name >= '0' && *name <= '9') || *name == '_'))
			return false;
	}
	return n > 0 && n < ELFMOD_NAME_LEN;
}

static int elfmod_check_name(struct elfmod *m)
{
	m->name = elfmod_info(m, "name", NULL);
	if (!m->name)
		return elfmod_refuse(m, -ENOEXEC, "no name in .modinfo", NULL);
	if (module_name_is_valid(m->name))
		return 0;
	m->name = NULL;
	return elfmod_refuse(m, -ENOEXEC,
			     "the module's name must be 1 to 55 letters, digits and _", NULL);
}

/* Finds .modinfo and the section of struct module. */
static int elfmod_read_identity(struct elfmod *m)
{
	for (unsigned int i = 1; i < m->nr_sections; i++) {
		Elf64_Shdr *s = &m->sections[i];
		const char *name = elfmod_section_name(m, i);

		if (strcmp(name, ".modinfo") == 0) {
			if (m->modinfo || s->sh_type == SHT_NOBITS || s->sh_size == 0 ||
			    m->image[s->sh_offset + s->sh_size - 1] != '\0')
				return elfmod_refuse(m, -ENOEXEC, "bad section .modinfo", NULL);
			m->modinfo = (const char *)m->image + s->sh_offset;
			m->modinfo_size = s->sh_size;
			s->sh_flags &= ~(u64)SHF_ALLOC;	/* used here and not needed later */
		} else if (strcmp(name, ".gnu.linkonce.this_module") == 0) {
			if (m->this_module || s->sh_type != SHT_PROGBITS ||
			    !(s->sh_flags & SHF_ALLOC) || (s->sh_flags & SHF_EXECINSTR) ||
			    s->sh_addralign < 8 || s->sh_size != m->this_module_size)
				return elfmod_refuse(m, -ENOEXEC,
						     "struct module has another size or place",
						     NULL);
			m->this_module = i;
		}
	}
	if (!m->modinfo || !m->this_module)
		return elfmod_refuse(m, -ENOEXEC, "no .modinfo or no struct module: not a module",
				     NULL);
	m->livepatch = elfmod_info(m, "livepatch", NULL);
	return elfmod_check_name(m);
}

bool elfmod_is_applied(const struct elfmod *m, const Elf64_Shdr *rela)
{
	return rela->sh_type == SHT_RELA && !(rela->sh_flags & SHF_RELA_LIVEPATCH) &&
	       (m->sections[rela->sh_info].sh_flags & SHF_ALLOC);
}

void elfmod_read_rela(const struct elfmod *m, const Elf64_Shdr *sec, u64 i, Elf64_Rela *out)
{
	memcpy(out, m->image + sec->sh_offset + i * sizeof(*out), sizeof(*out));
}

/* A file may relocate only the name and the two functions of struct module. */
static bool elfmod_rela_allowed(const struct elfmod *m, unsigned int target, const Elf64_Rela *r)
{
	return target != m->this_module ||
	       (ELF64_R_TYPE(r->r_info) == R_X86_64_64 &&
		(r->r_offset == m->init_offset || r->r_offset == m->exit_offset));
}

static int elfmod_check_rela(struct elfmod *m, const Elf64_Shdr *sec)
{
	const Elf64_Shdr *target = &m->sections[sec->sh_info];
	const char *target_name = elfmod_section_name(m, sec->sh_info);

	for (u64 i = 0; i < sec->sh_size / sizeof(Elf64_Rela); i++) {
		Elf64_Rela r;
		unsigned int width, type;

		elfmod_read_rela(m, sec, i, &r);
		type = ELF64_R_TYPE(r.r_info);
		width = elf_reloc_width(type);
		if (!width && type != R_X86_64_NONE)
			return elfmod_refuse(m, -ENOEXEC, "relocation of an unknown type in ",
					     target_name);
		if (r.r_offset > target->sh_size || width > target->sh_size - r.r_offset)
			return elfmod_refuse(m, -ENOEXEC, "relocation outside of section ",
					     target_name);
		if (ELF64_R_SYM(r.r_info) >= m->nr_symbols)
			return elfmod_refuse(m, -ENOEXEC, "relocation without a symbol in ",
					     target_name);
		if (type != R_X86_64_NONE && !elfmod_rela_allowed(m, sec->sh_info, &r))
			return elfmod_refuse(m, -ENOEXEC,
					     "struct module has more than init and exit", NULL);
	}
	return 0;
}

/*
 * Relocations of a live patch for other modules are applied and cleared in place at any time of
 * its life; livepatch/reloc.c checks their names.
 */
static int elfmod_check_late(struct elfmod *m, const Elf64_Shdr *sec)
{
	const char *target_name = elfmod_section_name(m, sec->sh_info);
	const char *name = elfmod_section_name(m, (unsigned int)(sec - m->sections));

	if (!(m->sections[sec->sh_info].sh_flags & SHF_ALLOC) || sec->sh_info == m->this_module)
		return elfmod_refuse(m, -ENOEXEC, "livepatch relocations of section ", target_name);
	if (strncmp(target_name, ".init", 5) == 0 && strncmp(name, ".klp.rela.vmlinux.", 18) != 0)
		return elfmod_refuse(m, -ENOEXEC,
				     "late relocations of memory that goes away after init: ",
				     name);
	for (u64 i = 0; i < sec->sh_size / sizeof(Elf64_Rela); i++) {
		Elf64_Rela r;

		elfmod_read_rela(m, sec, i, &r);
		if (elfmod_is_got(ELF64_R_TYPE(r.r_info)))
			return elfmod_refuse(m, -ENOEXEC,
					     "livepatch relocation by a table (build "
					     "without -fpic) in ", name);
	}
	return 0;
}

static int elfmod_check_relocations(struct elfmod *m)
{
	for (unsigned int i = 1; i < m->nr_sections; i++) {
		const Elf64_Shdr *s = &m->sections[i];
		int error;

		if (s->sh_type == SHT_REL)
			return elfmod_refuse(m, -ENOEXEC, "relocations without addends", NULL);
		if (s->sh_type != SHT_RELA) {
			/* Without them there would be gaps in the code. */
			if (strncmp(elfmod_section_name(m, i), ".rel", 4) == 0)
				return elfmod_refuse(m, -ENOEXEC,
						     "relocations of an unknown type: section ",
						     elfmod_section_name(m, i));
			continue;
		}
		if (s->sh_entsize != sizeof(Elf64_Rela) || s->sh_size % sizeof(Elf64_Rela) ||
		    s->sh_link != m->symtab_index || s->sh_info == 0 ||
		    s->sh_info >= m->nr_sections)
			return elfmod_refuse(m, -ENOEXEC, "bad relocation section ",
					     elfmod_section_name(m, i));
		if (s->sh_flags & SHF_RELA_LIVEPATCH) {
			if (!m->livepatch || !(s->sh_flags & SHF_ALLOC))
				return elfmod_refuse(m, -ENOEXEC,
						     "bad livepatch relocation section ",
						     elfmod_section_name(m, i));
		} else if (!elfmod_is_applied(m, s)) {
			continue;
		}
		/* Nor may relocations be relocated: they must stay as they were checked. */
		if (m->sections[s->sh_info].sh_type == SHT_NOBITS ||
		    m->sections[s->sh_info].sh_type == SHT_RELA)
			return elfmod_refuse(m, -ENOEXEC,
					     "relocations of a section without bytes: ",
					     elfmod_section_name(m, s->sh_info));
		m->nr_relocations += s->sh_size / sizeof(Elf64_Rela);
		error = elfmod_check_rela(m, s);
		if (!error && (s->sh_flags & SHF_RELA_LIVEPATCH))
			error = elfmod_check_late(m, s);
		if (error)
			return error;
	}
	return 0;
}

int elfmod_decode(struct elfmod *m)
{
	int error = elfmod_check_header(m);

	if (!error)
		error = elfmod_read_sections(m);
	if (!error)
		error = elfmod_read_identity(m);
	if (!error)
		error = elfmod_read_symbols(m);
	if (!error)
		error = elfmod_check_relocations(m);
	return error;
}

void elfmod_release(struct elfmod *m)
{
	elfmod_free(m->sections);
	elfmod_free(m->symbols);
	elfmod_free(m->place);
	m->sections = NULL;
	m->symbols = NULL;
	m->place = NULL;
}
