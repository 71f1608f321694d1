/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image of the vDSO, which the build makes of user/vdso.  No code: vdso.c maps it. */
#include "vdso_image.h"
#include <generated/vdso_image.h>

const size_t vdso_image_size = sizeof(vdso_image);
