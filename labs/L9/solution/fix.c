/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The diff of step 6 of a student's solution. */
/* file: labs/L9/work/fix.diff */
--- a/kernel/proc/system.c
+++ b/kernel/proc/system.c
@@ -17,6 +17,6 @@
 int cmdline_proc_show(struct seq_file *m, void *v)
 {
-	seq_puts(m, boot_info.cmdline);
+	seq_printf(m, "%zu %s", strlen(boot_info.cmdline), boot_info.cmdline);
 	seq_putc(m, '\n');
 	return 0;
 }
