/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls of neurath.h, without errno. */
#include <uapi/syscall_nr.h>
#include <neurath.h>

static long call4(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static long call5(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

long port_create(unsigned flags, unsigned level)
{
	return call4(__NR_port_create, flags, level, 0, 0);
}

long port_mount(long port, const char *path, uint64_t root)
{
	return call4(__NR_port_mount, port, (long)path, root, 0);
}

long port_reply_recv(long port, struct port_reply *reply, union port_message *message,
		     int64_t timeout_ns)
{
	return call4(__NR_port_reply_recv, port, (long)reply, (long)message, timeout_ns);
}

long lease_read(long port, uint64_t tag, uint64_t offset, void *buf, size_t len)
{
	return call5(__NR_lease_read, port, tag, offset, (long)buf, len);
}

long lease_write(long port, uint64_t tag, uint64_t offset, const void *buf, size_t len)
{
	return call5(__NR_lease_write, port, tag, offset, (long)buf, len);
}

long port_in_group(long port, uint64_t tag, uint32_t gid)
{
	return call4(__NR_port_in_group, port, tag, gid, 0);
}

long port_ready(long port, uint64_t handle, unsigned mask)
{
	return call4(__NR_port_ready, port, handle, mask, 0);
}

long port_irq(long port, unsigned line, unsigned bit)
{
	return call4(__NR_port_irq, port, line, bit, 0);
}

long port_adopt(const char *path, unsigned flags, unsigned level)
{
	return call4(__NR_port_adopt, (long)path, flags, level, 0);
}

long port_handles(long port, uint64_t *handles, size_t room)
{
	return call4(__NR_port_handles, port, (long)handles, room, 0);
}

long port_memory(long port, void *addr, size_t size)
{
	return call4(__NR_port_memory, port, (long)addr, size, 0);
}

long port_discard(long port, void *addr, size_t size)
{
	return call4(__NR_port_discard, port, (long)addr, size, 0);
}

long irq_ack(long port, unsigned line)
{
	return call4(__NR_irq_ack, port, line, 0, 0);
}

long ctty_signal(long port, uint64_t node, int signal)
{
	return call4(__NR_ctty_signal, port, node, signal, 0);
}

long pci_claim(unsigned vendor, unsigned device, unsigned nth)
{
	return call4(__NR_pci_claim, vendor, device, nth, 0);
}

long pci_map(long fd, unsigned bar, uint64_t *size)
{
	return call4(__NR_pci_map, fd, bar, (long)size, 0);
}

long dma_alloc(long fd, size_t size, uint64_t *bus)
{
	return call4(__NR_dma_alloc, fd, size, (long)bus, 0);
}

long dma_enable(long fd)
{
	return call4(__NR_dma_enable, fd, 0, 0, 0);
}

long port_msi(long port, long fd, unsigned entry, unsigned bit)
{
	return call4(__NR_port_msi, port, fd, entry, bit);
}

long screen_map(struct screen_info *info)
{
	return call4(__NR_screen_map, (long)info, 0, 0, 0);
}

long ioport_grant(unsigned first, unsigned count)
{
	return call4(__NR_ioport_grant, first, count, 0, 0);
}

long console_send(const void *bytes, size_t count)
{
	return call4(__NR_console_send, (long)bytes, count, 0, 0);
}

long console_receive(void)
{
	return call4(__NR_console_receive, 0, 0, 0, 0);
}

long console_room(void)
{
	return call4(__NR_console_room, 0, 0, 0, 0);
}

long neurath_exit(int status)
{
	return call4(__NR_neurath_exit, status, 0, 0, 0);
}
