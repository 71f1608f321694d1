/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Futexes: the functions for the end of a thread and of an address space. futex(2) itself is a
 * system call like others.
 */
#ifndef NEURATH_FUTEX_H
#define NEURATH_FUTEX_H

#include <neurath/task.h>

/*
 * current dies or replaces its image: releases the robust futexes that it holds (t == current).
 * (task)
 */
void futex_exit_robust(struct task *t);
/* Wakes up to @n waiters on the word, shared or private: the thread id word at exit. (task) */
int futex_wake_user(int __user *uaddr, int n);

#endif
