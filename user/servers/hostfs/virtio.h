/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio device on PCI with one queue, by the modern interface (virtio 1.x): registers found
 * through vendor capabilities, a split ring, an interrupt by message.
 *
 * Requests are chains with fixed places in the descriptor table: chain n owns descriptors n *
 * VIRTIO_CHAIN to n * VIRTIO_CHAIN + VIRTIO_CHAIN - 1.  So nothing is allocated and the table
 * cannot be full: the owner of a chain's number may use the chain when it is not in progress.
 */
#ifndef HOSTFS_VIRTIO_H
#define HOSTFS_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_CHAIN	4		/* descriptors of a chain */
#define VIRTIO_CHAINS	32		/* the maximum in use */

/* Memory with its address on the bus. */
struct dma {
	uint8_t *memory;
	uint64_t bus;
	size_t size;
};

struct virtio_part {
	uint64_t bus;
	uint32_t len;
	bool in;			/* the device writes it; such parts come last */
};

/*
 * Finds the virtio-9p device whose mount tag is @tag, resets it and prepares its queue.  Its
 * interrupts set @bit in notes to @port. 0, -ENODEV, or another -errno; *@what names the step.
 */
int virtio_start(const char *tag, long port, unsigned bit, const char **what);
/* Memory for DMA; -errno. */
int virtio_alloc(struct dma *dma, size_t size);
/* The number of chains. */
unsigned virtio_chains(void);
/* Passes chain @n to the device; it must not be in progress. */
void virtio_submit(unsigned n, const struct virtio_part parts[], unsigned count);
/* Takes completed chains: done(chain, bytes written). -EIO: the device is broken. */
int virtio_poll(void (*done)(unsigned n, uint32_t len));
/* After virtio_poll(): interrupts may come again. */
void virtio_ack(void);

#endif
