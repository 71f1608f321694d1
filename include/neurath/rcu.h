/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU for modules: data that is read without a lock.  Between rcu_read_lock() and
 * rcu_read_unlock() the caller must not sleep; sections nest (any but NMI). synchronize_rcu()
 * returns when every section that was open has ended. (task)
 */
#ifndef NEURATH_RCU_H
#define NEURATH_RCU_H

void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);

#endif
