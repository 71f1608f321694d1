/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions for drivers in user space: one claim at a time, and through it registers, DMA
 * memory and interrupts. kernel/ipc/pci.c implements it.
 *
 * A claim is counted: by its descriptor, each mapping of registers and each message.  When the
 * last one ends, the kernel turns the function's bus mastering off.  In an emulator, a function
 * that could write to memory may still be completing a transfer then.  So its DMA memory is not
 * freed, but kept until the next driver reports that it has reset the device (pci_enable_dma()).
 *
 * All functions: process context.
 */
#ifndef NEURATH_PCI_H
#define NEURATH_PCI_H

#include <neurath/arch.h>

struct pci_function;
struct vmobject;

#define PCI_BARS	6

/* Finds all functions and their ranges: once, on the boot CPU, before other CPUs start. */
void pci_init(void);

/*
 * The @nth function (from 0) of that vendor and device, with the claim; or an error pointer:
 * -ENODEV (there are fewer), -EBUSY (claimed already).
 */
struct pci_function *pci_claim_function(u16 vendor, u16 device, unsigned nth);
void pci_get(struct pci_function *fn);
void pci_put(struct pci_function *fn);
u16 pci_address(const struct pci_function *fn);

/*
 * The registers behind base address @bar, with a reference, or an error pointer: -EINVAL (not
 * whole pages of memory), -EACCES (contains the message table, or RAM according to the firmware).
 */
struct vmobject *pci_registers(struct pci_function *fn, unsigned bar, size_t *size);
/* Memory for the function's DMA, with a reference; an error pointer. */
struct vmobject *pci_dma_memory(struct pci_function *fn, size_t size);
/*
 * The driver has reset the device: frees the memory of earlier drivers, and enables bus
 * mastering.
 */
void pci_enable_dma(struct pci_function *fn);

/*
 * Makes message @entry call @handler.  Returns its line, with a reference on @fn; -ENODEV (no
 * MSI-X), -EINVAL, -ENOSPC, -EBUSY.
 */
int pci_message_request(struct pci_function *fn, unsigned entry, irq_handler_t handler, void *arg);
/* On return no handler runs. */
void pci_message_release(struct pci_function *fn, unsigned entry, unsigned line);

#endif
