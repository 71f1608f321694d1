/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What configuration space says and does, for pci.c, which holds pci_mutex around all of it: two
 * parties that write to one function's registers would undo each other's work.
 */
#ifndef IPC_PCI_CONFIG_H
#define IPC_PCI_CONFIG_H

#include <neurath/arch.h>

struct pci_bar {
	phys_addr_t start;		/* of memory; 0 with an I/O range */
	u64 size;			/* 0: none, or I/O ports */
};

struct pci_msix {
	unsigned capability;		/* offset in configuration space */
	unsigned entries;		/* 0: the function has no MSI-X */
	unsigned bar;
	u32 offset;
	volatile u32 *table;		/* mapped, or NULL */
	void *mapping;
};

/* Calls @found for each function, in order of addresses; @id is device << 16 | vendor. */
void pci_scan(void (*found)(u16 address, u32 id));
/*
 * Finds out sizes; not of bridges, through which others are reached.  Before there are other
 * CPUs: the ranges move meanwhile, and an access that is just on its way would go astray.
 */
void pci_read_bars(u16 address, struct pci_bar bars[]);
void pci_read_msix(u16 address, struct pci_msix *msix);
/* The function answers at its base addresses. */
void pci_decode_memory(u16 address);
/* Off: when this returns, what the function wrote before has arrived. */
void pci_set_master(u16 address, bool on);

/*
 * Maps the table with all entries masked and switches from the pin to messages. 0, -ENOMEM,
 * -ENODEV.
 */
int pci_msix_enable(u16 address, const struct pci_bar bars[], struct pci_msix *msix);
void pci_msix_disable(u16 address, struct pci_msix *msix);
bool pci_msix_used(const struct pci_msix *msix, unsigned entry);
void pci_msix_set(struct pci_msix *msix, unsigned entry, const struct irq_message *message);
/* When this returns no message of @entry is under way. */
void pci_msix_mask(struct pci_msix *msix, unsigned entry);

#endif
