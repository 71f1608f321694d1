/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vectors: the meaning of each number in the IDT.
 */
#ifndef ARCH_X86_64_TRAPS_H
#define ARCH_X86_64_TRAPS_H

#define TRAP_DE			0
#define TRAP_DB			1
#define TRAP_NMI		2
#define TRAP_BP			3
#define TRAP_OF			4
#define TRAP_BR			5
#define TRAP_UD			6
#define TRAP_NM			7
#define TRAP_DF			8
#define TRAP_TS			10
#define TRAP_NP			11
#define TRAP_SS			12
#define TRAP_GP			13
#define TRAP_PF			14
#define TRAP_MF			16
#define TRAP_AC			17
#define TRAP_MC			18
#define TRAP_XM			19

/* 0x20..0x2f: for a spurious interrupt of the masked PICs. */
#define VECTOR_PIC		0x20
/* One vector for each line: ISA lines, then messages of PCI functions. */
#define VECTOR_IRQ		0x30
#define VECTOR_IRQ_COUNT	24
/* Local interrupts; a higher number has a higher priority. */
#define VECTOR_LOG		0xeb
#define VECTOR_TIMER		0xec
#define VECTOR_RESCHEDULE	0xed
#define VECTOR_CALL		0xee
#define VECTOR_TLB		0xef
#define VECTOR_APIC_ERROR	0xfe
#define VECTOR_SPURIOUS		0xff

#endif
