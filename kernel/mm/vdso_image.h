/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to kernel/mm: the image of the vDSO. */
#ifndef MM_VDSO_IMAGE_H
#define MM_VDSO_IMAGE_H

#include <neurath/types.h>

extern const unsigned char vdso_image[];
extern const size_t vdso_image_size;

#endif
