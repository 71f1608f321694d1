/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 16550 serial port COM1.  The kernel's log and SysRq also use it: console_send() and
 * console_receive() separate them.
 */
#ifndef TTY_UART_H
#define TTY_UART_H

#include <stdbool.h>
#include <stdint.h>

#define UART_IRQ	4
#define UART_FIFO_BYTES	16

/* Gets the ports and sets the device up: 0, -ENODEV if there is none, or -errno. */
int uart_init(void);
/* A received byte, or -1. */
int uart_receive(void);
/* The number of bytes that may be sent now. */
unsigned uart_can_send(void);
/* Sends as many of @count bytes as the device takes; returns their number. */
unsigned uart_send(const uint8_t *bytes, unsigned count);
/* True if all bytes have left the device. */
bool uart_is_drained(void);
/* Sets whether the device interrupts when it has room.  Input always interrupts. */
void uart_want_room(bool want);
/* True if the device needs service.  This read acknowledges a "room" interrupt. */
bool uart_pending(void);

#endif
