/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI configuration space: discovery of functions, base addresses, the command register, MSI-X.
 * pci_config.h is the contract; the caller holds pci_mutex.
 */
#include <neurath/errno.h>
#include <neurath/init.h>
#include <neurath/mm.h>
#include <neurath/pci.h>
#include "pci_config.h"

#define PCI_ID			0x00
#define PCI_COMMAND		0x04	/* status in the upper half: writing ones clears its bits */
#define PCI_CLASS		0x08	/* last byte */
#define PCI_HEADER_TYPE		0x0c	/* third byte */
#define PCI_BAR(n)		(0x10 + 4 * (n))
/* of a bridge: the second byte is the number of the bus behind it */
#define PCI_BUSES		0x18
#define PCI_CAPABILITIES	0x34

#define COMMAND_IO		0x1u
#define COMMAND_MEMORY		0x2u
#define COMMAND_MASTER		0x4u
#define COMMAND_NO_PIN		0x400u
#define STATUS_CAPABILITIES	0x100000u

#define CLASS_BRIDGE		6u
#define HEADER_BRIDGE		1
#define HEADER_MULTI		0x80

#define BAR_IO			1u
#define BAR_64			4u
#define BAR_TYPE		6u
#define BAR_FLAGS		15u

#define CAP_MSIX		0x11
#define MSIX_ENABLE		0x80000000u
#define MSIX_MASK_ALL		0x40000000u
#define MSIX_ENTRIES(control)	(((control) >> 16 & 0x7ff) + 1)
#define MSIX_WORDS		4	/* an entry: address, its upper half, data, control */
#define MSIX_CONTROL		3
#define MSIX_MASKED		1u

/* ---- discovery ---------------------------------------------------------------------- */

static unsigned pci_header_type(u16 address)
{
	return pci_config_read(address, PCI_HEADER_TYPE) >> 16 & 0xff;
}

/* The number of the bus behind @address if @address is a bridge, else 0. */
static unsigned __init pci_bus_behind(u16 address)
{
	if ((pci_header_type(address) & ~HEADER_MULTI) != HEADER_BRIDGE)
		return 0;
	return pci_config_read(address, PCI_BUSES) >> 8 & 0xff;
}

/*
 * Firmware numbers the buses so that the bus behind a bridge has a higher number than the
 * bridge's own: one pass in ascending order visits all buses.
 */
void __init pci_scan(void (*found)(u16 address, u32 id))
{
	u64 buses[4] = { 1 };

	for (unsigned slot = 0; slot < 256 * 32; slot++) {
		unsigned bus = slot / 32, functions = 1;

		if (!(buses[bus / 64] & BIT(bus % 64)))
			continue;
		for (unsigned f = 0; f < functions; f++) {
			u16 address = slot << 3 | f;
			u32 id = pci_config_read(address, PCI_ID);
			unsigned behind;

			if (id == UINT32_MAX)
				continue;
			if (!f && (pci_header_type(address) & HEADER_MULTI))
				functions = 8;
			behind = pci_bus_behind(address);
			if (behind > bus)
				buses[behind / 64] |= BIT(behind % 64);
			found(address, id);
		}
	}
}

/* Offset of capability @id, 0 = none. */
static unsigned __init pci_find_capability(u16 address, u8 id)
{
	unsigned at;

	if (!(pci_config_read(address, PCI_COMMAND) & STATUS_CAPABILITIES))
		return 0;
	at = pci_config_read(address, PCI_CAPABILITIES) & 0xfc;
	/* A circular list must not lead to an endless loop. */
	for (unsigned n = 0; at >= 0x40 && n < 48; n++) {
		u32 head = pci_config_read(address, at);

		if ((head & 0xff) == id)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

/* ---- command and base addresses --------------------------------------------------------- */

static void pci_write_command(u16 address, u32 command)
{
	pci_config_write(address, PCI_COMMAND, command & 0xffff);
}

void pci_decode_memory(u16 address)
{
	u32 command = pci_config_read(address, PCI_COMMAND);

	if (!(command & COMMAND_MEMORY))
		pci_write_command(address, command | COMMAND_MEMORY);
}

void pci_set_master(u16 address, bool on)
{
	u32 command = pci_config_read(address, PCI_COMMAND);

	pci_write_command(address, on ? command | COMMAND_MASTER : command & ~COMMAND_MASTER);
	/* The answer to a read cannot overtake earlier writes of the function. */
	pci_config_read(address, PCI_COMMAND);
}

/* Writes all ones; the value that is read back has zeros where the address has no bits. */
static u32 __init pci_bar_probe(u16 address, unsigned reg)
{
	u32 old = pci_config_read(address, reg), mask;

	pci_config_write(address, reg, UINT32_MAX);
	mask = pci_config_read(address, reg);
	pci_config_write(address, reg, old);
	return mask;
}

/* Reads the range of base address register @n; true if it uses two registers. */
static bool __init pci_read_bar(u16 address, unsigned n, struct pci_bar *bar)
{
	u32 low = pci_config_read(address, PCI_BAR(n));
	bool wide = !(low & BAR_IO) && (low & BAR_TYPE) == BAR_64 && n + 1 < PCI_BARS;
	u64 mask = pci_bar_probe(address, PCI_BAR(n)) & ~BAR_FLAGS;

	*bar = (struct pci_bar){ 0 };
	if (low & BAR_IO)
		return false;
	bar->start = low & ~BAR_FLAGS;
	if (wide) {
		bar->start |= (u64)pci_config_read(address, PCI_BAR(n + 1)) << 32;
		mask |= (u64)pci_bar_probe(address, PCI_BAR(n + 1)) << 32;
	} else if (mask) {
		mask |= (u64)UINT32_MAX << 32;
	}
	/* A register that firmware left empty has no range. */
	bar->size = bar->start && mask ? ~mask + 1 : 0;
	return wide;
}

void __init pci_read_bars(u16 address, struct pci_bar bars[])
{
	u32 command = pci_config_read(address, PCI_COMMAND);

	for (unsigned n = 0; n < PCI_BARS; n++)
		bars[n] = (struct pci_bar){ 0 };
	if ((pci_header_type(address) & ~HEADER_MULTI) != 0 ||
	    pci_config_read(address, PCI_CLASS) >> 24 == CLASS_BRIDGE)
		return;
	/* The function must not respond meanwhile: the probing values are addresses, too. */
	pci_write_command(address, command & ~(COMMAND_IO | COMMAND_MEMORY));
	for (unsigned n = 0; n < PCI_BARS; n++) {
		if (pci_read_bar(address, n, &bars[n]))
			n++;
	}
	pci_write_command(address, command);
}

/* ---- MSI-X ---------------------------------------------------------------------------- */

void __init pci_read_msix(u16 address, struct pci_msix *msix)
{
	unsigned at = pci_find_capability(address, CAP_MSIX);
	u32 where;

	*msix = (struct pci_msix){ 0 };
	if (!at)
		return;
	where = pci_config_read(address, at + 4);
	msix->capability = at;
	msix->bar = where & 7;
	msix->offset = where & ~7u;
	msix->entries = MSIX_ENTRIES(pci_config_read(address, at));
}

static void pci_msix_control(u16 address, const struct pci_msix *msix, u32 flags)
{
	u32 control = pci_config_read(address, msix->capability);

	control &= ~(MSIX_ENABLE | MSIX_MASK_ALL);
	pci_config_write(address, msix->capability, control | flags);
}

static void pci_msix_map(const struct pci_bar bars[], struct pci_msix *msix)
{
	size_t size = msix->entries * MSIX_WORDS * sizeof(u32);
	u32 in_page = msix->offset & ~PAGE_MASK;

	if (msix->bar >= PCI_BARS || msix->offset > bars[msix->bar].size ||
	    size > bars[msix->bar].size - msix->offset)
		return;
	msix->mapping = vmap_device((bars[msix->bar].start + msix->offset) & PAGE_MASK,
				    align_up(in_page + size, PAGE_SIZE));
	if (msix->mapping)
		msix->table = (volatile u32 *)((char *)msix->mapping + in_page);
}

int pci_msix_enable(u16 address, const struct pci_bar bars[], struct pci_msix *msix)
{
	u32 command;

	if (msix->table)
		return 0;
	pci_msix_map(bars, msix);
	if (!msix->table)
		return -ENOMEM;
	/* The table is reliable only while MSI-X is enabled: enable it with everything masked. */
	pci_msix_control(address, msix, MSIX_ENABLE | MSIX_MASK_ALL);
	for (unsigned entry = 0; entry < msix->entries; entry++)
		msix->table[entry * MSIX_WORDS + MSIX_CONTROL] = MSIX_MASKED;
	command = pci_config_read(address, PCI_COMMAND);
	pci_write_command(address, command | COMMAND_NO_PIN);
	pci_msix_control(address, msix, MSIX_ENABLE);
	return 0;
}

void pci_msix_disable(u16 address, struct pci_msix *msix)
{
	if (!msix->table)
		return;
	pci_msix_control(address, msix, MSIX_MASK_ALL);
	vfree(msix->mapping);
	msix->mapping = NULL;
	msix->table = NULL;
}

bool pci_msix_used(const struct pci_msix *msix, unsigned entry)
{
	return !(msix->table[entry * MSIX_WORDS + MSIX_CONTROL] & MSIX_MASKED);
}

void pci_msix_set(struct pci_msix *msix, unsigned entry, const struct irq_message *message)
{
	volatile u32 *e = &msix->table[entry * MSIX_WORDS];

	e[0] = (u32)message->address;
	e[1] = (u32)(message->address >> 32);
	e[2] = message->data;
	e[MSIX_CONTROL] = 0;
}

void pci_msix_mask(struct pci_msix *msix, unsigned entry)
{
	volatile u32 *e = &msix->table[entry * MSIX_WORDS];

	e[MSIX_CONTROL] = MSIX_MASKED;
	/* The read waits for the write, and pushes messages that were sent before. */
	(void)e[MSIX_CONTROL];
}
