/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's firmware configuration device: named items from its command line (-fw_cfg), among them
 * opt/neurath/cmdline and opt/neurath/autorun.
 *
 * An item is selected by number and then read from its beginning.  The numbers of named items are
 * in a directory.  Data is read by DMA if the device supports it, else byte by byte. fwcfg_lock
 * keeps selection and reading together.
 */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>
#include "fwcfg.h"
#include "x86.h"

#define FWCFG_SELECT		0x510
#define FWCFG_DATA		0x511
#define FWCFG_DMA_HIGH		0x514
#define FWCFG_DMA_LOW		0x518

#define FWCFG_SIGNATURE		0x0000
#define FWCFG_ID		0x0001
#define FWCFG_DIRECTORY		0x0019

#define FWCFG_ID_DMA		2

#define FWCFG_DMA_ERROR		1
#define FWCFG_DMA_READ		2

struct fwcfg_dma {
	u32 control, length;		/* big endian, like all numbers of the device */
	u64 address;
};

struct fwcfg_file {
	u32 size;
	u16 select;
	u16 reserved;
	char name[56];
};

static DEFINE_SPINLOCK_RANK(fwcfg_lock, RANK_LEAF);
static bool fwcfg_found, fwcfg_has_dma;
/* In the image, so that their physical addresses are known. (fwcfg_lock) */
static struct fwcfg_dma fwcfg_dma;
static u8 fwcfg_bounce[512];

static void fwcfg_select(u16 item)
{
	outw(FWCFG_SELECT, item);
}

static void fwcfg_read_dma(void *buf, size_t n)
{
	phys_addr_t request = virt_to_phys(&fwcfg_dma);

	while (n) {
		size_t part = min(n, sizeof(fwcfg_bounce));

		fwcfg_dma.length = __builtin_bswap32((u32)part);
		fwcfg_dma.address = __builtin_bswap64(virt_to_phys(fwcfg_bounce));
		WRITE_ONCE(fwcfg_dma.control, __builtin_bswap32(FWCFG_DMA_READ));
		outl(FWCFG_DMA_HIGH, __builtin_bswap32((u32)(request >> 32)));
		outl(FWCFG_DMA_LOW, __builtin_bswap32((u32)request));
		while (READ_ONCE(fwcfg_dma.control) & ~__builtin_bswap32(FWCFG_DMA_ERROR))
			cpu_relax();
		barrier();
		memcpy(buf, fwcfg_bounce, part);
		buf = (u8 *)buf + part;
		n -= part;
	}
}

/* Reads the next bytes of the selected item. */
static void fwcfg_read_bytes(void *buf, size_t n)
{
	if (fwcfg_has_dma) {
		fwcfg_read_dma(buf, n);
		return;
	}
	for (u8 *p = buf; n; n--)
		*p++ = inb(FWCFG_DATA);
}

/* Selects item @name; true and its size if it exists. */
static bool fwcfg_open(const char *name, size_t *size)
{
	struct fwcfg_file file;
	u32 count;

	if (!fwcfg_found)
		return false;
	fwcfg_select(FWCFG_DIRECTORY);
	fwcfg_read_bytes(&count, sizeof(count));
	for (count = __builtin_bswap32(count); count; count--) {
		fwcfg_read_bytes(&file, sizeof(file));
		if (strncmp(file.name, name, sizeof(file.name)))
			continue;
		fwcfg_select(__builtin_bswap16(file.select));
		*size = __builtin_bswap32(file.size);
		return true;
	}
	return false;
}

bool fwcfg_present(void)
{
	return fwcfg_found;
}

void __init fwcfg_init(void)
{
	char signature[4] = { 0 };
	u32 id = 0;

	if (!(cpuid(1, 0).ecx & (1u << 31)))
		return;			/* no virtual machine: do not access the ports */
	fwcfg_select(FWCFG_SIGNATURE);
	fwcfg_read_bytes(signature, sizeof(signature));
	if (memcmp(signature, "QEMU", 4))
		return;
	fwcfg_found = true;
	fwcfg_select(FWCFG_ID);
	fwcfg_read_bytes(&id, sizeof(id));
	fwcfg_has_dma = id & FWCFG_ID_DMA;
}

ssize_t fwcfg_size(const char *name)
{
	size_t n = 0;
	bool found;

	spin_lock(&fwcfg_lock);
	found = fwcfg_open(name, &n);
	spin_unlock(&fwcfg_lock);
	return found ? (ssize_t)n : -ENOENT;
}

ssize_t fwcfg_read(const char *name, char *buf, size_t size)
{
	size_t n;

	spin_lock(&fwcfg_lock);
	if (!fwcfg_open(name, &n)) {
		spin_unlock(&fwcfg_lock);
		return -ENOENT;
	}
	n = min(n, size);
	fwcfg_read_bytes(buf, n);
	spin_unlock(&fwcfg_lock);
	return (ssize_t)n;
}
