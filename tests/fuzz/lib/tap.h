/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands in front of tests/lib/tap.h for the headers of tests/host that a target shares: CHECK ends the input. */
#ifndef FUZZ_TAP_H
#define FUZZ_TAP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"

#endif
