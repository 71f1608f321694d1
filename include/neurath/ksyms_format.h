/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of the embedded symbol table (.ksyms).
 *
 * tools/ksyms.py writes the table from the linked image and proves in every build that it equals
 * the output of nm for the final image.  It is in read-only data, between __ksyms_start and
 * __ksyms_end:
 *
 *	struct ksyms_header
 *	struct ksyms_entry[count]	sorted by (address, name): the position of a name among
 *					its equals is what Linux calls sympos
 *	u32 by_name[count]		indices of all entries, sorted by (name, index)
 *	char names[names_size]		NUL-terminated
 *
 * It lists all functions and objects, local and global, of the high image, also those of the init
 * sections: these have the type KSYM_INIT and do not exist after the boot.  No two text symbols
 * have the same name.
 */
#ifndef NEURATH_KSYMS_FORMAT_H
#define NEURATH_KSYMS_FORMAT_H

#define KSYMS_MAGIC		0x4d59534bU	/* "KSYM" */
#define KSYMS_BASE		0xffffffff80000000UL

struct ksyms_header {
	unsigned int magic;
	unsigned int count;
	unsigned int names_size;
	unsigned int functions;		/* number of text entries */
};

/*
 * name_type: bits 0..23 the offset of the name in names[], bits 24..30 the letter nm prints in
 * upper case ('T' text, 'R' read-only, 'D' data, 'B' bss), bit 31 set for a local (static) symbol,
 * which nm prints in lower case. size: bits 0..30 the size in bytes, bit 31 set if the symbol lies
 * in an init section.
 */
struct ksyms_entry {
	unsigned int offset;		/* address - KSYMS_BASE */
	unsigned int size;
	unsigned int name_type;
};

#define KSYM_NAME(e)		((e)->name_type & 0xffffffU)
#define KSYM_LETTER(e)		((char)((e)->name_type >> 24 & 0x7f))
#define KSYM_LOCAL(e)		((e)->name_type >> 31)
#define KSYM_SIZE(e)		((e)->size & 0x7fffffffU)
#define KSYM_INIT(e)		((e)->size >> 31)
#define KSYM_ADDR(e)		(KSYMS_BASE + (e)->offset)

#endif
