/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks for the vDSO (user/vdso): the page in front of its image.
 *
 *	nanoseconds since boot = (TSC - tsc_base) * tsc_mult >> 32, with 128 bits in between
 *	nanoseconds since the epoch = that + realtime_offset
 *
 * The first two words do not change while programs run.  Only the last one does, by one store.  So
 * a reader needs no lock and no sequence count.
 */
#ifndef UAPI_VDSO_H
#define UAPI_VDSO_H

#include <stdint.h>

struct vdso_data {
	uint64_t tsc_base, tsc_mult;
	uint64_t realtime_offset;
};

/* The limit of this segment is the number of the CPU, for getcpu(). */
#define VDSO_CPU_SELECTOR	0x53

#endif
