# SPDX-License-Identifier: GPL-2.0-or-later
"""Sources of livepatch modules for Linux compile here, unchanged and without a warning: each header of include/linux
can be included alone and in any order, and has what such modules use."""

import os
import re
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INCLUDE = os.path.join(TOP, "include", "linux")
MODULES = os.path.join(TOP, "tests", "modules")

# The names that Linux's livepatch samples and test modules use. Each name must occur in a module of ours with a name
# lx_*: the guest suites klp_admin_*.sh load these modules and check them.
SURFACE = """
module_init module_exit MODULE_LICENSE MODULE_AUTHOR MODULE_DESCRIPTION MODULE_INFO MODULE_PARM_DESC THIS_MODULE
module_param module_param_array pr_fmt KBUILD_MODNAME pr_info __init __exit noinline __used asmlinkage __stringify
klp_func klp_object klp_patch klp_state klp_enable_patch klp_get_state klp_get_prev_state
pre_patch post_patch pre_unpatch post_unpatch
klp_shadow_get klp_shadow_alloc klp_shadow_get_or_alloc klp_shadow_free klp_shadow_free_all
MODULE_STATE_LIVE MODULE_STATE_COMING MODULE_STATE_GOING MODULE_STATE_UNFORMED
kmalloc kzalloc kfree GFP_KERNEL GFP_ATOMIC GFP_NOWAIT ENOMEM EINVAL
list_head LIST_HEAD list_add list_del list_for_each_entry list_for_each_entry_safe
DEFINE_MUTEX mutex_lock mutex_unlock READ_ONCE WRITE_ONCE
work_struct DECLARE_WORK schedule_work flush_work
DECLARE_DELAYED_WORK schedule_delayed_work cancel_delayed_work_sync
DECLARE_COMPLETION complete wait_for_completion msleep
jiffies msecs_to_jiffies time_after NR_CPUS current task_tgid_vnr
kobject kobj_attribute __ATTR_RO kernel_kobj kobject_create_and_add kobject_put sysfs_create_file sprintf
kprobe symbol_name post_handler register_kprobe unregister_kprobe __kprobes
console_loglevel CONSOLE_LOGLEVEL_MOTORMOUTH seq_file seq_printf proc_create_single proc_remove
""".split()

# Only the headers that such modules include: everything that they need must come with these headers.
ONLY_MODULE_AND_LIVEPATCH = """
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>
#include <linux/livepatch.h>
static DEFINE_MUTEX(m);
static LIST_HEAD(l);
static struct kobject *k;
static struct kobj_attribute a;
static void work_func(struct work_struct *work) { pr_info("%p %p %p\\n", &l, k, &a); }
static int start(void) { mutex_lock(&m); work_func(NULL); mutex_unlock(&m); return 0; }
static void stop(void) { }
module_init(start)
module_exit(stop)
MODULE_AUTHOR("A");
MODULE_AUTHOR("B");
MODULE_AUTHOR("C");
"""

# Static initialisers that must be constant expressions, and names of variables that must not confuse macros.
INITIALISERS = """
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/completion.h>
static void work_func(struct work_struct *work);
static DECLARE_WORK(work, work_func);
static DECLARE_DELAYED_WORK(timer, work_func);
static DECLARE_COMPLETION(done);
static struct { struct module *mod; struct mutex *m; } table[] = { { .mod = THIS_MODULE }, { } };
static void work_func(struct work_struct *work) { complete(&done); table[0].m = NULL; }
static int start(void) { schedule_work(&work); return schedule_delayed_work(&timer, HZ); }
module_init(start);
MODULE_LICENSE("GPL");
"""

# pr_fmt is expanded at its use, and may be defined after a header has included other headers.
LATE_FORMAT = """
#include <linux/types.h>
#define pr_fmt(fmt) "%s: " fmt, THIS_MODULE->name
#include <linux/module.h>
static int start(void) { pr_err("one %d\\n", 1); pr_warn("two\\n"); pr_debug("three\\n"); return -EINVAL; }
module_init(start);
"""

# Every kind of parameter: the type is checked, and the array's count may be signed.
PARAMETERS = """
#include <linux/module.h>
static int a = 1, n; static bool b; static char *c = "x"; static unsigned int d; static long e; static int f[NR_CPUS];
module_param(a, int, 0); module_param(b, bool, 0644); module_param(c, charp, S_IRUGO); module_param(d, uint, 0400);
module_param_named(other, e, long, 0644); module_param_array(f, int, &n, 0); MODULE_PARM_DESC(a, "a " "number");
"""


def compiler():
    include = subprocess.run(["gcc", "-print-file-name=include"], check=True, capture_output=True, text=True).stdout.strip()
    return ["gcc", "-std=gnu17", "-O2", "-ffreestanding", "-nostdinc", "-isystem", include, "-Iinclude",
            "-Iarch/x86_64/include", "-D__KERNEL__", "-DMODULE", '-DKBUILD_MODNAME="name_of_module"', "-DCONFIG_DEBUG=1",
            "-mcmodel=kernel", "-mgeneral-regs-only", "-fno-pic",
            "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wmissing-prototypes", "-Wno-sign-compare",
            "-Wno-missing-field-initializers", "-Wno-type-limits", "-Werror", "-c", "-o", "/dev/null"]


COMPILER = compiler()


def complaint(source):
    """The compiler's messages about a source text or a file."""
    if source.endswith(".c"):
        done = subprocess.run([*COMPILER, source], cwd=TOP, check=False, capture_output=True, text=True)
    else:
        done = subprocess.run([*COMPILER, "-x", "c", "-"], cwd=TOP, check=False, capture_output=True, text=True, input=source)
    return done.stderr if done.returncode else ""


def headers():
    return sorted(os.path.relpath(os.path.join(folder, name), os.path.dirname(INCLUDE))
                  for folder, _, names in os.walk(INCLUDE) for name in names if name.endswith(".h"))


def our_modules():
    return sorted(os.path.join(MODULES, name) for name in os.listdir(MODULES) if re.fullmatch(r"lx_\w+\.c", name))


class Compat(unittest.TestCase):
    maxDiff = None

    def assert_compiles(self, sources):
        """@sources: {name: text or path}"""
        with ThreadPoolExecutor(2) as pool:
            found = dict(zip(sources, pool.map(complaint, sources.values())))
        self.assertEqual("\n".join(f"{name}:\n{text}" for name, text in found.items() if text), "")

    def test_each_header_stands_alone(self):
        self.assert_compiles({name: f"#include <{name}>\n#include <{name}>\n" for name in headers()})

    def test_headers_in_any_order(self):
        names = headers()
        self.assert_compiles({order: "".join(f"#include <{name}>\n" for name in listed)
                              for order, listed in (("forwards", names), ("backwards", reversed(names)))})

    def test_idioms_of_modules_for_linux_compile(self):
        self.assert_compiles({"two headers": ONLY_MODULE_AND_LIVEPATCH, "initialisers": INITIALISERS,
                              "pr_fmt": LATE_FORMAT, "parameters": PARAMETERS})

    def test_a_wrong_parameter_is_found(self):
        self.assertIn("pointer", complaint('#include <linux/module.h>\nstatic long a;\nmodule_param(a, int, 0);\n'))

    def test_our_modules_compile_without_a_warning(self):
        sources = our_modules()
        self.assertGreater(len(sources), 10)
        samples = os.path.join(TOP, "livepatch", "samples")
        sources += [os.path.join(samples, name) for name in sorted(os.listdir(samples)) if name.endswith(".c")]
        self.assert_compiles({os.path.basename(path): path for path in sources})

    def test_modules_in_the_pages_compile(self):
        blocks = {}
        for page in ("modules", "writing-a-patch"):
            with open(os.path.join(TOP, "docs", f"{page}.md"), encoding="utf-8") as file:
                found = [block for block in re.findall(r"^```c\n(.*?)^```", file.read(), re.S | re.M) if "module_init" in block]
            self.assertTrue(found, page)
            blocks.update({f"{page} {number}": block for number, block in enumerate(found)})
        self.assert_compiles(blocks)

    def test_our_modules_use_all_of_the_surface(self):
        words = set()
        for path in our_modules():
            with open(path, encoding="utf-8") as file:
                words |= set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)))
        self.assertEqual([name for name in SURFACE if name not in words], [])

    def test_our_modules_include_only_linux_headers(self):
        for path in our_modules():
            with open(path, encoding="utf-8") as file:
                found = re.findall(r'^#include [<"](.*)[>"]', file.read(), re.M)
            self.assertEqual([name for name in found if not re.fullmatch(r"linux/[\w/]+\.h|lx_\w+\.c", name)], [], path)


if __name__ == "__main__":
    unittest.main()
