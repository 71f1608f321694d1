/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The diff of step 6 of a student's solution: all weights are equal. */
/* file: labs/L7/work/policy.diff */
--- a/kernel/sched/fair.c
+++ b/kernel/sched/fair.c
@@ -20,5 +20,5 @@
 void fair_set_nice(struct task *t, int nice)
 {
 	t->se.nice = (s8)nice;
-	t->se.weight = fair_weights[nice + 20];
+	t->se.weight = fair_weights[20];
 }
