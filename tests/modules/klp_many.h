/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Macros that repeat X(n). MANY_ALL applies X(n) for n = 00 .. 99: a hundred functions, in klp_many and
 * klp_many_patch. MANY_500 applies X(n) for n = 000 .. 499, in bench_target and bench_patch.
 */
#ifndef KLP_MANY_H
#define KLP_MANY_H

#define MANY_TEN(X, t)	X(t##0) X(t##1) X(t##2) X(t##3) X(t##4) X(t##5) X(t##6) X(t##7) X(t##8) X(t##9)
#define MANY_ALL(X) \
	MANY_TEN(X, 0) MANY_TEN(X, 1) MANY_TEN(X, 2) MANY_TEN(X, 3) MANY_TEN(X, 4) \
	MANY_TEN(X, 5) MANY_TEN(X, 6) MANY_TEN(X, 7) MANY_TEN(X, 8) MANY_TEN(X, 9)
#define MANY_HUNDRED(X, h) \
	MANY_TEN(X, h##0) MANY_TEN(X, h##1) MANY_TEN(X, h##2) MANY_TEN(X, h##3) MANY_TEN(X, h##4) \
	MANY_TEN(X, h##5) MANY_TEN(X, h##6) MANY_TEN(X, h##7) MANY_TEN(X, h##8) MANY_TEN(X, h##9)
#define MANY_500(X) \
	MANY_HUNDRED(X, 0) MANY_HUNDRED(X, 1) MANY_HUNDRED(X, 2) MANY_HUNDRED(X, 3) MANY_HUNDRED(X, 4)

#endif
