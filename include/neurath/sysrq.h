/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SysRq: a letter that makes the kernel itself act or report, even if other parts hang.  It
 * follows a BREAK on the serial line, or comes from /proc/sysrq-trigger.  A subsystem adds a
 * letter by SYSRQ(); letters are Linux's if Linux has the function.
 */
#ifndef NEURATH_SYSRQ_H
#define NEURATH_SYSRQ_H

#include <neurath/compiler.h>

struct sysrq_key {
	char key;
	const char *does;		/* for the help */
	/* In an interrupt, or in the writer's context with interrupts off: must not wait. */
	void (*act)(void);
};
#define SYSRQ(id, sysrq_letter, sysrq_does, sysrq_act) \
	SET_ENTRY(sysrq, struct sysrq_key, id##_sysrq_key) = { sysrq_letter, sysrq_does, sysrq_act }

/* Performs the function of @key, or prints the help. (irq) */
void sysrq_press(char key);
/* A letter from the serial line: only if kernel.sysrq allows it. (irq) */
void sysrq_typed(char key);

#endif
