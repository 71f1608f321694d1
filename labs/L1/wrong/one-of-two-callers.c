/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test is fixed only in one of the two functions that use the helper. The other function keeps its own copy of
 * the old helper, because the compiler has inlined it there.
 *
 * loses: P4 P5
 */
/* file: labs/L1/work/may.diff */
--- a/kernel/process/sys_sched.c
+++ b/kernel/process/sys_sched.c
@@ -107,5 +107,5 @@
 static void priority_set_one(struct priority_walk *w, struct task *t)
 {
-	if (!sched_may_change(t)) {
+	if (!is_superuser() && current->process->cred.euid != t->process->cred.euid) {
 		w->ret = -EPERM;
 	} else if (w->nice < t->se.nice && !is_superuser()) {
