# SPDX-License-Identifier: GPL-2.0-or-later
"""tools/module judges a module before it is loaded: each mistake is planted in a good module, and must be found with
its line; the good module and the samples have no findings."""

import glob
import os
import shlex
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tools"))
sys.dont_write_bytecode = True

import modcheck     # noqa: E402

BUILD = os.environ.get("NEURATH_BUILD", "build/debug")

GOOD = """\
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
static int new_show(struct seq_file *m, void *v) { seq_puts(m, "patched"); return 0; }
static struct klp_func funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = new_show },
	{ }
};
static struct klp_object objs[] = {
	{ .funcs = funcs },
	{ }
};
static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };
static int __init start(void) { return klp_enable_patch(&patch); }
static void __exit stop(void) { }
module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
"""

ROW = '{ .old_name = "cmdline_proc_show", .new_func = new_show }'
# (replaced text, new text, severity, text of the finding, line or None)
MISTAKES = {
    "no_function_of_this_name": ("cmdline_proc_show", "cmdline_proc_shw", "error", r"did you mean cmdline_proc_show\?", 6),
    "variable_instead_of_a_function": ("cmdline_proc_show", "boot_info", "error", "is a variable of the kernel", 6),
    "init_function": ("cmdline_proc_show", "syscall_init", "error", "is __init", 6),
    "function_without_slot": ("cmdline_proc_show", "memcpy", "error", "has no entry slot", 6),
    "position_beyond_the_last": (".new_func = new_show", ".new_func = new_show, .old_sympos = 2", "error", "has 1 functions", 6),
    "inlined_elsewhere": ("cmdline_proc_show", "klp_task_done", "warning", "also inlined in .*klp_task_dead", 6),
    "another_type": ("static int new_show(struct seq_file *m, void *v) {", "static int new_show(struct seq_file *m, int v) {",
                     "error", r"its type is int\(struct seq_file \*, int\), and callers expect", 6),
    "arguments_that_are_missing": ('new_show(struct seq_file *m, void *v) { seq_puts(m, "patched");', "new_show(void) {",
                                   "warning", r"its type is int\(void\)", 6),
    "no_replacement": (".new_func = new_show", ".new_func = NULL", "error", "no replacement", 6),
    "replacement_that_is_data": ("static struct klp_func funcs[] = {\n\t" + ROW, "static int data;\nstatic struct klp_func funcs[] = {\n\t" +
                                 ROW.replace("new_show", "&data"), "error", "is no function", 7),
    "init_function_as_replacement": ("static int new_show(", "static int __init new_show(", "error", "points to `new_show`.*__init", 6),
    "functions_without_end": (ROW + ",\n\t{ }", ROW, "error", "the table `funcs` has no end", 6),
    "objects_without_end": ("{ .funcs = funcs },\n\t{ }", "{ .funcs = funcs }", "error", "the table `objs` has no end", None),
    "patch_without_a_module": (".mod = THIS_MODULE, ", "", "error", "add .mod = THIS_MODULE", 14),
    "no_licence": ('MODULE_LICENSE("GPL");', "", "error", "no licence", None),
    "no_mark": ('MODULE_INFO(livepatch, "Y");', "", "error", "not marked as a live patch", None),
    "never_enabled": ("return klp_enable_patch(&patch);", "return patch.replace;", "warning", "nothing enables `patch`", 14),
    "no_exit": ("module_exit(stop);", "", "warning", "no exit function", None),
    "no_init": ("module_init(start);", "", "warning", "no init function", None),
    "name_of_a_file": ("{ .funcs", '{ .name = "x.ko", .funcs', "error", 'write "x"', 10),
    "name_with_a_dash": ("{ .funcs", '{ .name = "my-mod", .funcs', "error", 'write "my_mod"', 10),
    "name_of_the_kernel": ("{ .funcs", '{ .name = "vmlinux", .funcs', "error", "leave .name out", 10),
    "name_that_no_module_can_have": ("{ .funcs", '{ .name = "a/b", .funcs', "error", "no module can be called", 10),
    "object_twice": ("{ .funcs = funcs },", "{ .funcs = funcs }, { .funcs = funcs },", "error", "two entries of `objs`", 10),
    "unknown_symbol": ('seq_puts(m, "patched");', 'extern int seq_putss(void *, const char *); seq_putss(m, "");', "error",
                       r"`seq_putss` is undefined: .*did you mean seq_puts\?", 5),
    "symbol_that_is_not_exported": ('seq_puts(m, "patched");', "extern unsigned long proc_idle_ns(void); proc_idle_ns();", "error",
                                    r"KLP_RELOC_SYMBOL\(vmlinux, vmlinux, proc_idle_ns\)", 5),
}


class Findings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(TOP, BUILD, "flags.MODULE_FLAGS"), encoding="utf-8") as file:
            cls.command = shlex.split(file.read()) + ['-DKBUILD_MODNAME="x"', "-w"]

    def findings(self, source, name="x.c"):
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "x.o")
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(source)
            subprocess.run(self.command + ["-c", path, "-o", target], cwd=TOP, check=True)
            return modcheck.check([target], os.path.join(TOP, BUILD))

    def test_good_module_has_no_findings(self):
        self.assertEqual(self.findings(GOOD), [])

    def test_samples_have_no_findings(self):
        for path in sorted(glob.glob(os.path.join(TOP, "livepatch", "samples", "*.c"))):
            with open(path, encoding="utf-8") as file:
                text = file.read().replace('#include "', f'#include "{os.path.dirname(path)}/')
            self.assertEqual(self.findings(text), [], path)


MODULE_PATCH = (GOOD.replace('{ .funcs = funcs }', '{ .name = "livepatch_later_mod", .funcs = funcs }')
                .replace("cmdline_proc_show", "greeting")
                .replace('static int new_show(struct seq_file *m, void *v) { seq_puts(m, "patched"); return 0; }',
                         'static const char *new_show(void) { return "patched"; }'))
# The same for a function of a module: livepatch/samples/livepatch-later-mod.c.
OF_A_MODULE = {
    "no_function_of_this_name": ('"greeting"', '"greetin"', "error", r"module livepatch_later_mod has no function.*did you mean greeting\?"),
    "variable": ('"greeting"', '"greeting_file"', "error", "is a variable of module livepatch_later_mod"),
    "init_function": ('"greeting"', '"init_module"', "error", "is __init"),
    "position": (".new_func = new_show", ".new_func = new_show, .old_sympos = 2", "error", "module livepatch_later_mod has 1 functions"),
    "another_type": ("static const char *new_show(void) {", "static const char *new_show(int v) {", "error",
                     r"its type is .*char \*\(int\), and callers expect .*char \*\(void\)"),
}


def planted(old, new, severity, text, line):
    def test(self):
        self.assertIn(old, GOOD)
        found = self.findings(GOOD.replace(old, new))
        match = [f for f in found if f.severity == severity]
        self.assertRegex("\n".join(f.text for f in match), text)
        if line:
            self.assertTrue(any(f.place.endswith(f":{line}") for f in match), found)
    return test


for mistake, arguments in MISTAKES.items():
    setattr(Findings, "test_" + mistake, planted(*arguments))

def planted_in_module(old, new, severity, text):
    def test(self):
        self.assertEqual(self.findings(MODULE_PATCH), [])
        self.assertIn(old, MODULE_PATCH)
        found = self.findings(MODULE_PATCH.replace(old, new))
        self.assertRegex("\n".join(f.text for f in found if f.severity == severity), text)
    return test


for mistake, arguments in OF_A_MODULE.items():
    setattr(Findings, "test_of_a_module_" + mistake, planted_in_module(*arguments))

if __name__ == "__main__":
    unittest.main()
