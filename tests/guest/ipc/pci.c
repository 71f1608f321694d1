/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of the rights of a user-space driver on a PCI device, and of their end when the driver
 * dies: docs/servers.md. The device is the display controller that QEMU puts into every machine; no
 * test uses the device itself.
 *
 * The suite of the server hostfs is tests/system/test_share.py, because hostfs needs a folder of the host.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <neurath.h>
#include "files.h"
#include "meminfo.h"
#include "tap.h"

#define VGA_VENDOR	0x1234
#define VGA_DEVICE	0x1111
#define REGISTERS	2		/* number of the base address of the registers */
#define DISPI_ID	(0x500 / 2)	/* 16 bits that say which version it is */
#define PAGE		4096ul
#define MIB		(1ul << 20)
#define COMMAND		4
#define COMMAND_MASTER	4u

static long claim(void)
{
	long fd = pci_claim(VGA_VENDOR, VGA_DEVICE, 0);

	CHECK(fd >= 0);
	return fd;
}

static uint32_t config(long fd, unsigned reg)
{
	uint32_t word;

	CHECK_EQ(pread(fd, &word, sizeof(word), reg), sizeof(word));
	return word;
}

static volatile uint16_t *map_registers(long fd)
{
	uint64_t size = 0;
	long address = pci_map(fd, REGISTERS, &size);

	CHECK(address > 0);
	CHECK_EQ(size, PAGE);
	return (volatile uint16_t *)address;
}

/* Runs @body in a process of its own, which may die of @signal. */
static void in_child(void (*body)(void), int signal)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal);
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

/* ---- claims ------------------------------------------------------------------------- */

static void an_absent_device_cannot_be_claimed(void)
{
	CHECK_EQ(pci_claim(0xdead, 0xbeef, 0), -ENODEV);
	CHECK_EQ(pci_claim(VGA_VENDOR, VGA_DEVICE, 1), -ENODEV);
	CHECK_EQ(pci_claim(0x10000 | VGA_VENDOR, VGA_DEVICE, 0), -ENODEV);
}

static void only_root_may_claim(void)
{
	uint64_t out;
	long fd = claim();

	CHECK_EQ(setuid(1000), 0);
	CHECK_EQ(pci_claim(VGA_VENDOR, VGA_DEVICE, 0), -EPERM);
	CHECK_EQ(pci_map(fd, REGISTERS, &out), -EPERM);
	CHECK_EQ(dma_alloc(fd, PAGE, &out), -EPERM);
	CHECK_EQ(dma_enable(fd), -EPERM);
	CHECK_EQ(port_msi(0, fd, 0, 0), -EPERM);
}

static void one_claim_at_a_time(void)
{
	long fd = claim();

	CHECK_EQ(pci_claim(VGA_VENDOR, VGA_DEVICE, 0), -EBUSY);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(close(claim()), 0);
}

static void a_claim_is_closed_on_exec(void)
{
	CHECK_EQ(fcntl(claim(), F_GETFD), FD_CLOEXEC);
}

static void the_descriptor_reads_configuration_space(void)
{
	uint32_t all[64], more;
	long fd = claim();

	CHECK_EQ(read(fd, all, sizeof(all)), sizeof(all));
	CHECK_EQ(all[0], (uint32_t)VGA_DEVICE << 16 | VGA_VENDOR);
	CHECK_EQ(read(fd, &more, sizeof(more)), 0);
	CHECK_EQ(config(fd, 0), all[0]);
	CHECK_ERR(pread(fd, &more, 2, 0), EINVAL);
	CHECK_ERR(pread(fd, &more, 4, 2), EINVAL);
	CHECK_ERR(write(fd, all, 4), EBADF);
}

static void other_descriptors_claim_nothing(void)
{
	uint64_t out;

	CHECK_EQ(pci_map(0, REGISTERS, &out), -EINVAL);
	CHECK_EQ(dma_alloc(0, PAGE, &out), -EINVAL);
	CHECK_EQ(dma_enable(0), -EINVAL);
	CHECK_EQ(pci_map(-1, REGISTERS, &out), -EBADF);
	CHECK_EQ(dma_enable(99), -EBADF);
}

/* ---- registers ---------------------------------------------------------------------- */

static void the_mapping_shows_the_registers_of_the_device(void)
{
	volatile uint16_t *registers = map_registers(claim());

	CHECK_EQ(registers[DISPI_ID] & 0xfff0, 0xb0c0);
}

static void a_wrong_base_address_cannot_be_mapped(void)
{
	uint64_t size;
	long fd = claim();

	CHECK_EQ(pci_map(fd, 1, &size), -EINVAL);
	CHECK_EQ(pci_map(fd, 6, &size), -EINVAL);
	CHECK_EQ(pci_map(fd, ~0u, &size), -EINVAL);
	CHECK_EQ(pci_map(fd, REGISTERS, (void *)8), -EFAULT);
	/* The failed mappings do not hold the claim. */
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(close(claim()), 0);
}

static void a_mapping_prolongs_the_claim(void)
{
	long fd = claim();
	volatile uint16_t *registers = map_registers(fd);

	CHECK_EQ(close(fd), 0);
	CHECK_EQ(pci_claim(VGA_VENDOR, VGA_DEVICE, 0), -EBUSY);
	CHECK_EQ(registers[DISPI_ID] & 0xfff0, 0xb0c0);
	CHECK_EQ(munmap((void *)registers, PAGE), 0);
	CHECK_EQ(close(claim()), 0);
}

static volatile uint16_t *inherited;

static void read_inherited(void)
{
	(void)inherited[DISPI_ID];
}

static void a_child_does_not_inherit_registers(void)
{
	inherited = map_registers(claim());
	in_child(read_inherited, SIGSEGV);
	CHECK_EQ(inherited[DISPI_ID] & 0xfff0, 0xb0c0);
}

/* The kernel copies between processes from and to memory only. For registers it returns an error and copies nothing. */
static void registers_are_no_buffer_for_a_server(void)
{
	volatile uint16_t *registers = map_registers(claim());
	int fd = open("/tmp/pci-buffer", O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	unlink("/tmp/pci-buffer");
	CHECK_EQ(registers[DISPI_ID] & 0xfff0, 0xb0c0);
	CHECK_ERR(write(fd, (void *)registers, 256), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
}

static void registers_can_be_protected_and_dropped(void)
{
	volatile uint16_t *registers = map_registers(claim());

	CHECK_EQ(registers[DISPI_ID] & 0xfff0, 0xb0c0);
	CHECK_EQ(mprotect((void *)registers, PAGE, PROT_NONE), 0);
	CHECK_EQ(mprotect((void *)registers, PAGE, PROT_READ), 0);
	CHECK_EQ(registers[DISPI_ID] & 0xfff0, 0xb0c0);
	CHECK_EQ(madvise((void *)registers, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(registers[DISPI_ID] & 0xfff0, 0xb0c0);
}

/* ---- memory for DMA ----------------------------------------------------------------- */

static void dma_memory_is_zeroed_and_belongs_to_the_driver(void)
{
	const size_t size = 5 * PAGE;
	long fd = claim();
	uint64_t bus = 1;
	unsigned char *p = (unsigned char *)dma_alloc(fd, size, &bus);

	CHECK((long)p > 0);
	CHECK_EQ(bus % PAGE, 0);
	CHECK(bus != 0);
	for (size_t i = 0; i < size; i++)
		CHECK_EQ(p[i], 0);
	memset(p, 0x5a, size);
	CHECK_EQ(p[size - 1], 0x5a);
}

static void dma_sizes_have_limits(void)
{
	uint64_t bus;
	long fd = claim();

	CHECK_EQ(dma_alloc(fd, 0, &bus), -EINVAL);
	CHECK_EQ(dma_alloc(fd, 4 * MIB + 1, &bus), -EINVAL);
	CHECK_EQ(dma_alloc(fd, ~0ul, &bus), -EINVAL);
	CHECK_EQ(dma_alloc(fd, PAGE, (void *)8), -EFAULT);
	CHECK(dma_alloc(fd, 4 * MIB, &bus) > 0);
}

static void bus_mastering_is_on_from_enable_to_close(void)
{
	long fd = claim();

	CHECK_EQ(config(fd, COMMAND) & COMMAND_MASTER, 0);
	CHECK_EQ(dma_enable(fd), 0);
	CHECK_EQ(config(fd, COMMAND) & COMMAND_MASTER, COMMAND_MASTER);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(config(claim(), COMMAND) & COMMAND_MASTER, 0);
}

static void enable_and_die(void)
{
	long fd = claim();
	uint64_t bus;

	for (int i = 0; i < 8; i++)
		CHECK(dma_alloc(fd, 4 * MIB, &bus) > 0);
	CHECK_EQ(dma_enable(fd), 0);
	CHECK_EQ(config(fd, COMMAND) & COMMAND_MASTER, COMMAND_MASTER);
	raise(SIGKILL);
}

static void prepare_and_die(void)
{
	uint64_t bus;
	long fd = claim();

	for (int i = 0; i < 8; i++)
		CHECK(dma_alloc(fd, 4 * MIB, &bus) > 0);
	raise(SIGKILL);
}

/* Half of the driver's memory. The test must tolerate the memory of other processes that start and end. */
#define SLACK_KIB	(16 * 1024)

static void memory_of_a_dead_driver_waits_for_the_next_reset(void)
{
	long before = meminfo("MemFree:"), fd;

	in_child(enable_and_die, SIGKILL);
	fd = claim();
	CHECK_EQ(config(fd, COMMAND) & COMMAND_MASTER, 0);
	CHECK(meminfo("MemFree:") < before - SLACK_KIB);
	CHECK_EQ(dma_enable(fd), 0);
	CHECK(meminfo("MemFree:") > before - SLACK_KIB);
}

static void memory_of_a_device_that_was_never_enabled_is_free_at_once(void)
{
	long before = meminfo("MemFree:");

	in_child(prepare_and_die, SIGKILL);
	CHECK(meminfo("MemFree:") > before - SLACK_KIB);
	CHECK_EQ(close(claim()), 0);
}

/* After many deaths of drivers in a row, only the memory of one driver is still held. */
static void dead_drivers_in_a_row_hold_the_memory_of_one(void)
{
	long before = meminfo("MemFree:");

	for (int i = 0; i < 20; i++)
		in_child(enable_and_die, SIGKILL);
	CHECK(meminfo("MemFree:") > before - 3 * SLACK_KIB);
	CHECK_EQ(dma_enable(claim()), 0);
	CHECK(meminfo("MemFree:") > before - SLACK_KIB);
}

static void a_device_without_msi_has_no_messages(void)
{
	long port = port_create(0, 3);

	CHECK(port >= 0);
	CHECK_EQ(port_msi(port, claim(), 0, 0), -ENODEV);
	CHECK_EQ(port_msi(0, 0, 0, 0), -EINVAL);
}

int main(void)
{
	TAP_TEST(an_absent_device_cannot_be_claimed);
	TAP_TEST(only_root_may_claim);
	TAP_TEST(one_claim_at_a_time);
	TAP_TEST(a_claim_is_closed_on_exec);
	TAP_TEST(the_descriptor_reads_configuration_space);
	TAP_TEST(other_descriptors_claim_nothing);
	TAP_TEST(the_mapping_shows_the_registers_of_the_device);
	TAP_TEST(a_wrong_base_address_cannot_be_mapped);
	TAP_TEST(a_mapping_prolongs_the_claim);
	TAP_TEST(a_child_does_not_inherit_registers);
	TAP_TEST(registers_are_no_buffer_for_a_server);
	TAP_TEST(registers_can_be_protected_and_dropped);
	TAP_TEST(dma_memory_is_zeroed_and_belongs_to_the_driver);
	TAP_TEST(dma_sizes_have_limits);
	TAP_TEST(bus_mastering_is_on_from_enable_to_close);
	TAP_TEST(memory_of_a_dead_driver_waits_for_the_next_reset);
	TAP_TEST(memory_of_a_device_that_was_never_enabled_is_free_at_once);
	TAP_TEST(dead_drivers_in_a_row_hold_the_memory_of_one);
	TAP_TEST(a_device_without_msi_has_no_messages);
	return tap_done();
}
