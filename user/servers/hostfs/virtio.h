/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio device on PCI with one queue, by the modern interface (virtio 1.x): registers found
 * through vendor capabilities, a split ring, an interrupt by message.
 *
 * Requests are chains with fixed places in the table of descriptors: chain n owns descriptors
 * n * VIRTIO_CHAIN to n * VIRTIO_CHAIN + VIRTIO_CHAIN - 1.  So nothing is allocated and nothing can
 * be full: whoever owns a chain's number may use it when it is not under way.
 */
#ifndef HOSTFS_VIRTIO_H
#define HOSTFS_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_CHAIN	4		/* descriptors of a chain */
#define VIRTIO_CHAINS	32		/* used at most */

/* Memory that the device knows by another name. */
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
 * Finds the virtio-9p device whose mount tag is @tag, resets it and prepares its queue; its
 * interrupts set @bit in notes to @port.  0, -ENODEV, or another -errno, and *@what says which
 * step.
 */
int virtio_start(const char *tag, long port, unsigned bit, const char **what);
/* Memory for DMA; -errno. */
int virtio_alloc(struct dma *dma, size_t size);
/* How many chains there are. */
unsigned virtio_chains(void);
/* Hands chain @n to the device.  It is not under way. */
void virtio_submit(unsigned n, const struct virtio_part parts[], unsigned count);
/* Takes what the device is done with: done(chain, bytes written). -EIO: the device is broken. */
int virtio_poll(void (*done)(unsigned n, uint32_t len));
/* After virtio_poll(): interrupts may come again. */
void virtio_ack(void);

#endif
