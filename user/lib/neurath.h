/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neurath's own system calls for user programs (numbers from 1024, uapi/syscall_nr.h).
 *
 * Every function returns what the kernel returns: a value >= 0 or a negative errno; errno(3) is
 * not changed.  Only uid 0 may create ports, map devices and take interrupts.
 */
#ifndef LIB_NEURATH_H
#define LIB_NEURATH_H

#include <stddef.h>
#include <stdint.h>
#include <uapi/port.h>

/* The result of port_reply_recv(): a request, or a note if the first word is 0. */
union port_message {
	struct port_request request;
	struct port_note note;
};

/* Calls of servers: uapi/port.h describes them. */
long port_create(unsigned flags, unsigned level);
long port_mount(long port, const char *path, uint64_t root);
long port_reply_recv(long port, struct port_reply *reply, union port_message *message,
		     int64_t timeout_ns);
long lease_read(long port, uint64_t tag, uint64_t offset, void *buf, size_t len);
long lease_write(long port, uint64_t tag, uint64_t offset, const void *buf, size_t len);
long port_in_group(long port, uint64_t tag, uint32_t gid);
long port_ready(long port, uint64_t handle, unsigned mask);
long port_irq(long port, unsigned line, unsigned bit);
long port_adopt(const char *path, unsigned flags, unsigned level);
long port_handles(long port, uint64_t *handles, size_t room);
long port_memory(long port, void *addr, size_t size);
long port_discard(long port, void *addr, size_t size);
long irq_ack(long port, unsigned line);
long ctty_signal(long port, uint64_t node, int signal);
/* Calls of drivers for PCI devices: uapi/port.h. */
long pci_claim(unsigned vendor, unsigned device, unsigned nth);
long pci_map(long fd, unsigned bar, uint64_t *size);
long dma_alloc(long fd, size_t size, uint64_t *bus);
long dma_enable(long fd);
long port_msi(long port, long fd, unsigned entry, unsigned bit);
struct screen_info;
/* The memory of the screen: uapi/screen.h. */
long screen_map(struct screen_info *info);
/* Allows in and out instructions of the caller on @count ports from @first. */
long ioport_grant(unsigned first, unsigned count);
/* Passes bytes to the serial line.  Returns how many the device took, 0 while it is busy. */
long console_send(const void *bytes, size_t count);
/* The next byte that came on the serial line, or -EAGAIN. */
long console_receive(void);
/* CONSOLE_ bits: uapi/console.h. */
long console_room(void);
/* Ends the emulator with @status (0..63); -ENODEV on a machine without the exit device. */
long neurath_exit(int status);

#endif
