/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PC keyboard at the 8042 controller. */
#ifndef TTY_KEYBOARD_H
#define TTY_KEYBOARD_H

#define KEYBOARD_IRQ	1

/* Gets the ports and sets the controller up: 0, -ENODEV if there is none, or -errno. */
int keyboard_init(void);
/* The next code from the keyboard, or -1. */
int keyboard_receive(void);

#endif
