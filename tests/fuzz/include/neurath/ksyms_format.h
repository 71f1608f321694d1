/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in front of the kernel's <neurath/ksyms_format.h>: functions are where the host's linker put them. */
#ifndef FUZZ_KSYMS_FORMAT_H
#define FUZZ_KSYMS_FORMAT_H

#include_next <neurath/ksyms_format.h>
#undef KSYMS_BASE
#define KSYMS_BASE	0x400000UL

#endif
