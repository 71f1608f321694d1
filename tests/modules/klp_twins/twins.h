/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The callers of the two functions, which no other file can name. */
#ifndef KLP_TWINS_H
#define KLP_TWINS_H

int twins_first(void);
int twins_second(void);

#endif
