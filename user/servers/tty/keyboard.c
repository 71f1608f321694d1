/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Driver of the keyboard controller; keyboard.h is the contract.  The controller translates to
 * code set 1, as on every PC; the second port (a mouse) stays off.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/io.h>
#include <neurath.h>
#include "keyboard.h"

#define DATA		0x60
#define STATUS		0x64	/* COMMAND when written */
#define COMMAND		0x64

#define STATUS_OUTPUT	0x01	/* there is a byte to read */
#define STATUS_INPUT	0x02	/* the controller has not taken the last byte yet */
#define STATUS_SECOND	0x20	/* the byte is from the second port */

#define READ_CONFIG	0x20
#define WRITE_CONFIG	0x60
#define SECOND_OFF	0xa7
#define FIRST_OFF	0xad
#define FIRST_ON	0xae
#define CONFIG_IRQ	0x01
#define CONFIG_SECOND_IRQ 0x02
#define CONFIG_FIRST_OFF 0x10
#define CONFIG_TRANSLATE 0x40

#define START_SCANNING	0xf4

/* The controller has no interrupt for this; a status read takes a microsecond on hardware. */
#define PATIENCE	100000
#define FLUSH_MAX	64

static bool present;

static bool wait_status(uint8_t mask, uint8_t value)
{
	for (int i = 0; i < PATIENCE; i++)
		if ((inb(STATUS) & mask) == value)
			return true;
	return false;
}

static bool send(uint16_t port, uint8_t byte)
{
	if (!wait_status(STATUS_INPUT, 0))
		return false;
	outb(byte, port);
	return true;
}

/* A controller that does not exist reads as all ones. */
static bool configure(void)
{
	uint8_t config;

	if (inb(STATUS) == 0xff || !send(COMMAND, FIRST_OFF) || !send(COMMAND, SECOND_OFF))
		return false;
	for (int i = 0; i < FLUSH_MAX && inb(STATUS) & STATUS_OUTPUT; i++)
		inb(DATA);
	if (!send(COMMAND, READ_CONFIG) || !wait_status(STATUS_OUTPUT, STATUS_OUTPUT))
		return false;
	config = inb(DATA);
	config |= CONFIG_IRQ | CONFIG_TRANSLATE;
	config &= ~(CONFIG_SECOND_IRQ | CONFIG_FIRST_OFF);
	return send(COMMAND, WRITE_CONFIG) && send(DATA, config) && send(COMMAND, FIRST_ON) &&
	       send(DATA, START_SCANNING);
}

int keyboard_init(void)
{
	long ret = ioport_grant(DATA, 1);

	if (ret == 0)
		ret = ioport_grant(STATUS, 1);
	if (ret < 0)
		return (int)ret;
	present = configure();
	return present ? 0 : -ENODEV;
}

int keyboard_receive(void)
{
	uint8_t status;

	while (present && (status = inb(STATUS)) & STATUS_OUTPUT) {
		uint8_t byte = inb(DATA);

		if (!(status & STATUS_SECOND))
			return byte;
	}
	return -1;
}
