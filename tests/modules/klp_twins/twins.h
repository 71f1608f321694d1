/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The callers of the two functions twin_value. Each function is static, so only its own file can name it. */
#ifndef KLP_TWINS_H
#define KLP_TWINS_H

int twins_first(void);
int twins_second(void);

#endif
