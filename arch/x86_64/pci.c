/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access to PCI configuration space by the two standard ports of a PC.  One port selects, the
 * other transfers the data; pci_config_lock keeps the two steps together.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/spinlock.h>
#include "x86.h"

#define PCI_CONFIG_SELECT	0xcf8
#define PCI_CONFIG_DATA		0xcfc
#define PCI_CONFIG_ENABLE	0x80000000u

static DEFINE_SPINLOCK_RANK(pci_config_lock, RANK_LEAF);

/* Caller holds pci_config_lock. */
static void pci_config_select(u16 address, unsigned reg)
{
	assert_spin_held(&pci_config_lock);
	assert(reg < 256 && !(reg & 3));
	outl(PCI_CONFIG_SELECT, PCI_CONFIG_ENABLE | (u32)address << 8 | reg);
}

u32 pci_config_read(u16 address, unsigned reg)
{
	unsigned long flags;
	u32 value;

	spin_lock_irqsave(&pci_config_lock, flags);
	pci_config_select(address, reg);
	value = inl(PCI_CONFIG_DATA);
	spin_unlock_irqrestore(&pci_config_lock, flags);
	return value;
}

void pci_config_write(u16 address, unsigned reg, u32 value)
{
	unsigned long flags;

	spin_lock_irqsave(&pci_config_lock, flags);
	pci_config_select(address, reg);
	outl(PCI_CONFIG_DATA, value);
	spin_unlock_irqrestore(&pci_config_lock, flags);
}
