/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio on PCI; virtio.h is the contract.
 *
 * The device is trusted only with its data: a value that it writes to the ring is checked before
 * it is used as an index.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <neurath.h>
#include "virtio.h"

#define VENDOR			0x1af4
#define DEVICE_MODERN		0x1049		/* 0x1040 + 9: 9P transport */
#define DEVICE_TRANSITIONAL	0x1009

#define CONFIG_CAPABILITIES	0x34
#define CAP_VENDOR		0x09
#define CAP_COMMON		1
#define CAP_NOTIFY		2
#define CAP_DEVICE		4
#define BARS			6

#define STATUS_ACKNOWLEDGE	1
#define STATUS_DRIVER		2
#define STATUS_DRIVER_OK	4
#define STATUS_FEATURES_OK	8
#define STATUS_NEEDS_RESET	64
#define RESET_READS		1000000		/* a device that is not reset by then is broken */

#define FEATURE_MOUNT_TAG	(1u << 0)	/* of the lower half */
#define FEATURE_VERSION_1	(1u << 0)	/* of the upper half */

#define RING_NEXT		1
#define RING_WRITE		2
#define RING_SIZE_MAX		(VIRTIO_CHAINS * VIRTIO_CHAIN)

struct common {
	uint32_t device_feature_select, device_feature;
	uint32_t driver_feature_select, driver_feature;
	uint16_t msix_config, num_queues;
	uint8_t status, generation;
	uint16_t queue_select, queue_size, queue_msix, queue_enable, queue_notify_off;
	uint64_t queue_desc, queue_driver, queue_device;
};
_Static_assert(offsetof(struct common, queue_desc) == 32, "layout of the common registers");

struct descriptor {
	uint64_t bus;
	uint32_t len;
	uint16_t flags, next;
};

/* The three parts of the ring, in one page of DMA memory each. */
struct available {
	uint16_t flags, index, ring[RING_SIZE_MAX];
};

struct used {
	uint16_t flags, index;
	struct {
		uint32_t id, len;
	} ring[RING_SIZE_MAX];
};

struct ring {
	_Alignas(4096) struct descriptor table[RING_SIZE_MAX];
	_Alignas(4096) struct available available;
	_Alignas(4096) struct used used;
};

static struct {
	long fd;			/* the claim */
	long port;
	long line;			/* of its interrupts */
	uint8_t *bar[BARS];		/* mapped, or NULL */
	uint64_t bar_size[BARS];
	volatile struct common *common;
	volatile uint8_t *config;	/* of the device type */
	uint32_t config_len;
	volatile uint8_t *notify;
	uint32_t notify_len, notify_multiplier;
	volatile uint16_t *doorbell;
	volatile struct ring *ring;
	unsigned size;			/* of the ring */
	uint16_t available, used;	/* positions of the two sides */
	bool under_way[VIRTIO_CHAINS];
} dev;

/* ---- the registers ------------------------------------------------------------------ */

static uint32_t config_word(unsigned reg)
{
	uint32_t word = 0;

	if (pread(dev.fd, &word, sizeof(word), reg & ~3u) != sizeof(word))
		return 0;
	return word;
}

static uint8_t config_byte(unsigned reg)
{
	return config_word(reg) >> 8 * (reg & 3);
}

/* The address of at least @need bytes that the capability at @cap describes; or NULL. */
static volatile uint8_t *registers_of(unsigned cap, uint32_t need)
{
	unsigned bar = config_byte(cap + 4);
	uint32_t offset = config_word(cap + 8), len = config_word(cap + 12);
	long address;

	if (bar >= BARS || len < need)
		return NULL;
	if (!dev.bar[bar]) {
		address = pci_map(dev.fd, bar, &dev.bar_size[bar]);
		if (address < 0)
			return NULL;
		dev.bar[bar] = (uint8_t *)address;
	}
	if (offset > dev.bar_size[bar] || len > dev.bar_size[bar] - offset)
		return NULL;
	return dev.bar[bar] + offset;
}

static void take_capability(unsigned cap)
{
	switch (config_byte(cap + 3)) {
	case CAP_COMMON:
		if (!dev.common)
			dev.common = (volatile struct common *)
				registers_of(cap, sizeof(*dev.common));
		break;
	case CAP_NOTIFY:
		if (!dev.notify) {
			dev.notify = registers_of(cap, sizeof(uint16_t));
			dev.notify_len = config_word(cap + 12);
			dev.notify_multiplier = config_word(cap + 16);
		}
		break;
	case CAP_DEVICE:
		if (!dev.config) {
			dev.config = registers_of(cap, sizeof(uint16_t));
			dev.config_len = config_word(cap + 12);
		}
		break;
	}
}

static bool find_registers(void)
{
	unsigned cap = config_byte(CONFIG_CAPABILITIES);

	for (int n = 0; cap && n < 48; n++) {
		if (config_byte(cap) == CAP_VENDOR)
			take_capability(cap);
		cap = config_byte(cap + 1);
	}
	return dev.common && dev.notify && dev.config;
}

static bool has_tag(const char *tag)
{
	size_t len = dev.config[0] | dev.config[1] << 8;

	if (len != strlen(tag) || len + 2 > dev.config_len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (dev.config[2 + i] != (uint8_t)tag[i])
			return false;
	return true;
}

/* ---- the device --------------------------------------------------------------------- */

/* When the device reports the reset, it has dropped all rings and completed all transfers. */
static int reset(void)
{
	dev.common->status = 0;
	for (int i = 0; i < RESET_READS; i++)
		if (dev.common->status == 0)
			return 0;
	return -EIO;
}

static void add_status(uint8_t bits)
{
	dev.common->status |= bits;
}

static int negotiate(void)
{
	uint32_t high;

	add_status(STATUS_ACKNOWLEDGE);
	add_status(STATUS_DRIVER);
	dev.common->device_feature_select = 1;
	high = dev.common->device_feature;
	if (!(high & FEATURE_VERSION_1))
		return -EPROTONOSUPPORT;
	dev.common->driver_feature_select = 0;
	dev.common->driver_feature = FEATURE_MOUNT_TAG;
	dev.common->driver_feature_select = 1;
	dev.common->driver_feature = FEATURE_VERSION_1;
	add_status(STATUS_FEATURES_OK);
	return dev.common->status & STATUS_FEATURES_OK ? 0 : -EPROTONOSUPPORT;
}

static unsigned ring_size(unsigned offered)
{
	unsigned size = RING_SIZE_MAX;

	while (size > offered)
		size /= 2;
	return size;
}

static int make_queue(unsigned bit)
{
	struct dma memory;
	uint64_t doorbell;
	int ret;

	dev.common->queue_select = 0;
	dev.size = ring_size(dev.common->queue_size);
	if (dev.size < 2 * VIRTIO_CHAIN)
		return -ENODEV;
	ret = virtio_alloc(&memory, sizeof(struct ring));
	if (ret < 0)
		return ret;
	dev.ring = (volatile struct ring *)memory.memory;
	dev.line = port_msi(dev.port, dev.fd, 0, bit);
	if (dev.line < 0)
		return (int)dev.line;
	dev.common->queue_size = dev.size;
	dev.common->queue_desc = memory.bus + offsetof(struct ring, table);
	dev.common->queue_driver = memory.bus + offsetof(struct ring, available);
	dev.common->queue_device = memory.bus + offsetof(struct ring, used);
	/* Changes of state and answers: virtio_poll() tests for both. */
	dev.common->msix_config = 0;
	dev.common->queue_msix = 0;
	if (dev.common->msix_config != 0 || dev.common->queue_msix != 0)
		return -ENOSPC;
	doorbell = (uint64_t)dev.common->queue_notify_off * dev.notify_multiplier;
	if (doorbell > dev.notify_len - sizeof(uint16_t))
		return -EIO;
	dev.doorbell = (volatile uint16_t *)(dev.notify + doorbell);
	dev.common->queue_enable = 1;
	return 0;
}

/* Drops the claim and all data about the device. */
static void let_go(void)
{
	for (int i = 0; i < BARS; i++)
		if (dev.bar[i])
			munmap(dev.bar[i], dev.bar_size[i]);
	close(dev.fd);
	memset(&dev, 0, sizeof(dev));
}

/* Claims functions of that kind until one has @tag. */
static int find(unsigned device, const char *tag)
{
	for (unsigned nth = 0;; nth++) {
		dev.fd = pci_claim(VENDOR, device, nth);
		if (dev.fd == -EBUSY)
			continue;
		if (dev.fd < 0)
			return (int)dev.fd;
		if (find_registers() && has_tag(tag))
			return 0;
		let_go();
	}
}

int virtio_start(const char *tag, long port, unsigned bit, const char **what)
{
	int ret;

	*what = "no device";
	ret = find(DEVICE_MODERN, tag);
	if (ret == -ENODEV)
		ret = find(DEVICE_TRANSITIONAL, tag);
	if (ret < 0)
		return ret;
	dev.port = port;
	*what = "the device is not reset";
	ret = reset();
	if (ret < 0)
		return ret;
	*what = "the device has no modern interface";
	ret = negotiate();
	if (ret < 0)
		return ret;
	*what = "the device's queue";
	ret = make_queue(bit);
	if (ret == 0)
		ret = (int)dma_enable(dev.fd);
	if (ret == 0)
		add_status(STATUS_DRIVER_OK);
	return ret;
}

int virtio_alloc(struct dma *dma, size_t size)
{
	long address = dma_alloc(dev.fd, size, &dma->bus);

	if (address < 0)
		return (int)address;
	dma->memory = (uint8_t *)address;
	dma->size = size;
	return 0;
}

/* ---- the ring ----------------------------------------------------------------------- */

unsigned virtio_chains(void)
{
	return dev.size / VIRTIO_CHAIN;
}

void virtio_submit(unsigned n, const struct virtio_part parts[], unsigned count)
{
	unsigned first = n * VIRTIO_CHAIN;

	for (unsigned i = 0; i < count; i++) {
		volatile struct descriptor *d = &dev.ring->table[first + i];

		d->bus = parts[i].bus;
		d->len = parts[i].len;
		d->flags = (parts[i].in ? RING_WRITE : 0) | (i + 1 < count ? RING_NEXT : 0);
		d->next = first + i + 1;
	}
	dev.under_way[n] = true;
	dev.ring->available.ring[dev.available % dev.size] = first;
	/*
	 * The device must see the entry and its descriptors before the index that publishes them,
	 * and the index before the doorbell.  The processor keeps the order of stores; the fence
	 * makes the compiler keep it, too.
	 */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	dev.ring->available.index = ++dev.available;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*dev.doorbell = 0;
}

int virtio_poll(void (*done)(unsigned n, uint32_t len))
{
	while (dev.used != dev.ring->used.index) {
		uint32_t id, len;

		/* The index before the entry that it publishes. */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		id = dev.ring->used.ring[dev.used % dev.size].id;
		len = dev.ring->used.ring[dev.used % dev.size].len;
		dev.used++;
		if (id % VIRTIO_CHAIN || id >= dev.size || !dev.under_way[id / VIRTIO_CHAIN])
			return -EIO;
		dev.under_way[id / VIRTIO_CHAIN] = false;
		done(id / VIRTIO_CHAIN, len);
	}
	return dev.common->status & STATUS_NEEDS_RESET ? -EIO : 0;
}

void virtio_ack(void)
{
	irq_ack(dev.port, (unsigned)dev.line);
}
