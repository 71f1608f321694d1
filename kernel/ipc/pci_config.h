/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on configuration space for pci.c.  The caller holds pci_mutex around each of them:
 * two writers of one function's registers would undo each other's changes.
 */
#ifndef IPC_PCI_CONFIG_H
#define IPC_PCI_CONFIG_H

#include <neurath/arch.h>

struct pci_bar {
	phys_addr_t start;		/* start of the memory; 0 for I/O ports */
	u64 size;			/* 0: no range, or I/O ports */
};

struct pci_msix {
	unsigned capability;		/* offset in configuration space */
	unsigned entries;		/* 0: the function has no MSI-X */
	unsigned bar;
	u32 offset;
	volatile u32 *table;		/* mapped, or NULL */
	void *mapping;
};

/* Calls @found for each function, in the order of addresses; @id is device << 16 | vendor. */
void pci_scan(void (*found)(u16 address, u32 id));
/*
 * Finds the sizes of the ranges.  Not for bridges, through which other functions are reached.
 * Must run before other CPUs start: the ranges move meanwhile, and an access at that moment would
 * go to a wrong place.
 */
void pci_read_bars(u16 address, struct pci_bar bars[]);
void pci_read_msix(u16 address, struct pci_msix *msix);
/* Makes the function respond at its base addresses. */
void pci_decode_memory(u16 address);
/* With @on false: when this returns, all earlier writes of the function have arrived. */
void pci_set_master(u16 address, bool on);

/*
 * Maps the table with all entries masked, and switches from the interrupt pin to messages.
 * Returns 0, -ENOMEM or -ENODEV.
 */
int pci_msix_enable(u16 address, const struct pci_bar bars[], struct pci_msix *msix);
void pci_msix_disable(u16 address, struct pci_msix *msix);
bool pci_msix_used(const struct pci_msix *msix, unsigned entry);
void pci_msix_set(struct pci_msix *msix, unsigned entry, const struct irq_message *message);
/* When this returns, no message of @entry is on its way. */
void pci_msix_mask(struct pci_msix *msix, unsigned entry);

#endif
