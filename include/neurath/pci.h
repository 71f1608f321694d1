/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions as what a driver in user space may have: one claim at a time, and through it
 * registers, DMA memory and interrupts.  kernel/ipc/pci.c owns it.
 *
 * A claim is counted: by its descriptor, each mapping of registers and each message.  When the
 * last is gone the kernel turns the function's bus mastering off.  A function that could write to
 * memory may, in an emulator, still be finishing a transfer then, so its DMA memory is not given
 * back but kept until the next driver says that it has reset the device (pci_enable_dma()).
 *
 * All functions: process context.
 */
#ifndef NEURATH_PCI_H
#define NEURATH_PCI_H

#include <neurath/arch.h>

struct pci_function;
struct vmobject;

#define PCI_BARS	6

/* Finds all functions and their ranges: once, on the boot CPU, before there are others. */
void pci_init(void);

/*
 * The @nth function (from 0) of that vendor and device, with the claim: an error pointer, -ENODEV
 * (there are not so many), -EBUSY (somebody has it).
 */
struct pci_function *pci_claim_function(u16 vendor, u16 device, unsigned nth);
void pci_get(struct pci_function *fn);
void pci_put(struct pci_function *fn);
u16 pci_address(const struct pci_function *fn);

/*
 * The registers behind base address @bar, with a reference, or an error pointer: -EINVAL (not
 * whole pages of memory), -EACCES (holds the table of messages, or what the firmware says is RAM).
 */
struct vmobject *pci_registers(struct pci_function *fn, unsigned bar, size_t *size);
/* Memory for the function's DMA, with a reference; an error pointer. */
struct vmobject *pci_dma_memory(struct pci_function *fn, size_t size);
/*
 * The driver has reset the device: what an earlier one left is given back, bus mastering
 * goes on.
 */
void pci_enable_dma(struct pci_function *fn);

/*
 * Message @entry calls @handler: its line, with a reference on @fn; -ENODEV (no MSI-X),
 * -EINVAL, -ENOSPC, -EBUSY.
 */
int pci_message_request(struct pci_function *fn, unsigned entry, irq_handler_t handler, void *arg);
/* No handler runs after this. */
void pci_message_release(struct pci_function *fn, unsigned entry, unsigned line);

#endif
