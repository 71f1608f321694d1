/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 16550 serial port COM1. The kernel's log writes to it, too, whole lines, polling. */
#ifndef TTY_UART_H
#define TTY_UART_H

#include <stdbool.h>
#include <stdint.h>

#define UART_IRQ	4

/* Asks for the ports and sets the device up: 0, -ENODEV if there is none, or -errno. */
int uart_init(void);
/* A received byte, or -1. */
int uart_receive(void);
/* How many bytes may be sent now. */
unsigned uart_can_send(void);
void uart_send(uint8_t byte);
/* Has everything left the device? */
bool uart_is_drained(void);
/* Shall the device interrupt when it can take more? Receiving always interrupts. */
void uart_want_room(bool want);
/* Does the device want service? Reading this acknowledges a "room" interrupt. */
bool uart_pending(void);

#endif
