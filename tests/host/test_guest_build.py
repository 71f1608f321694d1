# SPDX-License-Identifier: GPL-2.0-or-later
"""`klp new` and `klp build`, the guest's own programs, run here on the sources: their results equal those of
tools/module.

The programs are static binaries of Linux, so they run on the host as they do in the guest. The sources are this tree.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build", "debug"))
sys.path.insert(0, os.path.join(TOP, "tools"))
sys.dont_write_bytecode = True

import elf          # noqa: E402
import framecheck   # noqa: E402
import klprelocs    # noqa: E402
import moduleseal   # noqa: E402
from klpbuild.debuginfo import DebugInfo    # noqa: E402

# Why a function cannot be built in the guest: docs/writing-a-patch.md.
CANNOT = r"__int128|unknown opcode|is made by a macro|generated/font\.h|an instruction that is not known|neither the kernel nor this file has it"
# Functions for which `klp new` finds too few declarations.
LEFT_OUT = ("function_show", "ksym_get", "ksym_search", "module_load_image", "port_irq_ack", "trace_graph_show_item",
            "trace_klp_callback", "trace_klp_transition")

# The guest's C code makes the same changes, to a file that another compiler has made.
CONVERT = r'''
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "elf_edit.h"

static const char mark[] = ".klp.sym.rela.";

int main(int argc, char **argv)
{
	static unsigned char buffer[4 << 20];
	int fd = open(argv[1], O_RDWR);
	ssize_t size = read(fd, buffer, sizeof(buffer));
	unsigned char *bytes = memcpy(malloc(size), buffer, size);
	char (*objects)[OBJECT_BYTES];
	const char *wrong = NULL;
	struct elf_edit elf;
	int count = 0;

	if (!elf_open(&elf, bytes, size))
		return 1;
	objects = calloc(elf_nr_symbols(&elf), OBJECT_BYTES);
	for (unsigned i = 1; i < elf_nr_symbols(&elf) && !wrong; i++) {
		char name[600];

		snprintf(name, sizeof(name), "%s", elf_symbol_name(&elf, elf_symbol(&elf, i)));
		if (strncmp(name, mark, strlen(mark)) != 0)
			continue;
		wrong = elf_name_livepatch(&elf, i, name + strlen(mark), objects[i]);
		count++;
	}
	if (count && !wrong)
		wrong = elf_split_relocations(&elf, objects);
	if (wrong)
		return fprintf(stderr, "%s\n", wrong), 1;
	if ((count && !elf_finish(&elf)) || !elf_seal(&elf) || lseek(fd, 0, SEEK_SET) < 0 || ftruncate(fd, 0) < 0 ||
	    write(fd, elf.file.bytes, elf.file.size) != (ssize_t)elf.file.size)
		return 1;
	elf_close(&elf);
	free(objects);
	printf("%d\n", count);
	return 0;
}
'''


# Files that include most structures of the kernel.
LAYOUTS = ("kernel/process/fork.c", "livepatch/core.c", "kernel/ipc/call.c", "kernel/module/loader.c", "kernel/fs/pipe.c",
           "kernel/process/futex.c")

# Tests klpcc.h's builtins that the compiler lacks: returns the number of the line that failed, or 0.
BUILTINS = r'''
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#define CHECK(x) do { if (!(x)) return __LINE__; } while (0)
#define ATOMICS(type) \
static int check_##type(void) \
{ \
	type v[3] = { 7, 5, 7 }, old = 5, *at = &v[1]; \
	CHECK(__atomic_load_n(at, 0) == 5); \
	CHECK(__atomic_fetch_add(at, 3, 5) == 5 && v[1] == 8); \
	CHECK(__atomic_fetch_sub(at, 1, 5) == 8 && v[1] == 7); \
	CHECK(__atomic_add_fetch(at, 250, 5) == (type)257); \
	CHECK(__atomic_sub_fetch(at, 250, 5) == 7); \
	CHECK(__atomic_fetch_or(at, 8, 5) == 7 && v[1] == 15); \
	CHECK(__atomic_fetch_and(at, 12, 5) == 15 && v[1] == 12); \
	CHECK(__atomic_and_fetch(at, 4, 5) == 4 && __atomic_or_fetch(at, 1, 5) == 5); \
	CHECK(__atomic_exchange_n(at, 9, 5) == 5 && v[1] == 9); \
	CHECK(!__atomic_compare_exchange_n(at, &old, 1, false, 5, 5) && old == 9 && v[1] == 9); \
	CHECK(__atomic_compare_exchange_n(at, &old, 1, false, 5, 5) && old == 9 && v[1] == 1); \
	__atomic_store_n(at, 2, 5); \
	CHECK(v[1] == 2); \
	__atomic_store_n(at, 3, 3); \
	CHECK(v[1] == 3 && v[0] == 7 && v[2] == 7); \
	return 0; \
}
ATOMICS(uint8_t)
ATOMICS(uint16_t)
ATOMICS(uint32_t)
ATOMICS(uint64_t)
ATOMICS(int)
ATOMICS(long)
static long sum(int n, ...)
{
	long all = 0;
	va_list args, again;

	va_start(args, n);
	va_copy(again, args);
	for (int i = 0; i < n; i++)
		all += va_arg(args, int) + 100 * va_arg(again, int);
	va_end(args);
	return all;
}
static int check_rest(void)
{
	unsigned long u;
	long s;
	int i;

	CHECK(__builtin_ctzl(0x100) == 8 && __builtin_ctz(1U << 31) == 31 && __builtin_clzl(1) == 63 && __builtin_clz(1) == 31);
	CHECK(__builtin_popcountl(0xf0f0) == 8);
	CHECK(__builtin_bswap16(0x1234) == 0x3412 && __builtin_bswap32(0x12345678) == 0x78563412);
	CHECK(__builtin_bswap64(0x0102030405060708UL) == 0x0807060504030201UL);
	CHECK(!__builtin_add_overflow(1UL, 2UL, &u) && u == 3 && __builtin_add_overflow(~0UL, 1UL, &u) && u == 0);
	CHECK(!__builtin_add_overflow(5L, -6L, &s) && s == -1 && __builtin_add_overflow(0x7fffffffffffffffL, 1L, &s));
	CHECK(__builtin_add_overflow(-0x7fffffffffffffffL, -2L, &s) && __builtin_add_overflow(0x7fffffff, 1, &i));
	CHECK(!__builtin_mul_overflow(1UL << 32, 1UL << 31, &u) && __builtin_mul_overflow(1UL << 32, 1UL << 32, &u));
	CHECK(sum(3, 1, 2, 3) == 606 && sum(9, 1, 2, 3, 4, 5, 6, 7, 8, 9) == 4545);
	return 0;
}
int main(void)
{
	return check_uint8_t() || check_uint16_t() || check_uint32_t() || check_uint64_t() || check_int() || check_long() ?
		1 : check_rest();
}
'''


def compile_c(target, sources, *flags, compiler="gcc"):
    subprocess.run([compiler, "-std=gnu17", "-O1", "-g", "-Wno-unused-parameter", f"-I{TOP}/user/lib", "-idirafter", f"{TOP}/include",
                    "-DCONFIG_DEBUG=1", *flags, *sources, "-o", target], check=True)


class Convert(unittest.TestCase):
    """elf_edit.c against tools/klprelocs.py and tools/moduleseal.py."""

    def test_each_module_becomes_the_same_file(self):
        with tempfile.TemporaryDirectory() as folder:
            source, tool = os.path.join(folder, "convert.c"), os.path.join(folder, "convert")
            with open(source, "w", encoding="utf-8") as file:
                file.write(CONVERT)
            compile_c(tool, [source, f"{TOP}/user/bin/klp/elf_edit.c", f"{TOP}/user/bin/klp/sha256.c"], f"-I{TOP}/user/bin/klp",
                      "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
            subprocess.run([sys.executable, f"{TOP}/tools/module", "--build", BUILD, "--out", folder, "--checks", "off", "-q",
                            "--name", "one", f"{TOP}/tests/modules/klp_owner_patch.c"], check=True)
            subprocess.run([sys.executable, f"{TOP}/tools/module", "--build", BUILD, "--out", folder, "--checks", "off", "-q",
                            f"{TOP}/livepatch/samples"], check=True)
            here, there = os.path.join(folder, "here"), os.path.join(folder, "there")
            marked = 0
            for path in sorted(glob.glob(os.path.join(folder, "*.ko.debug")) + glob.glob(os.path.join(BUILD, "modules", "*.ko.debug"))):
                with self.subTest(os.path.basename(path)):
                    shutil.copy(path, here)
                    shutil.copy(path, there)
                    try:
                        klprelocs.convert(here)
                    except klprelocs.RelocationError:
                        self.assertNotEqual(subprocess.run([tool, there], check=False, stderr=subprocess.DEVNULL).returncode, 0)
                        continue
                    moduleseal.seal(here)
                    done = subprocess.run([tool, there], check=True, capture_output=True, text=True)
                    marked += int(done.stdout) > 0
                    with open(here, "rb") as one, open(there, "rb") as other:
                        self.assertEqual(one.read(), other.read())
            self.assertGreater(marked, 1, "modules with livepatch symbols")


class GuestBuild(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        compile_c(f"{cls.folder}/klp", glob.glob(f"{TOP}/user/bin/klp/*.c") + [f"{TOP}/user/lib/neurath.c"], "-static",
                  compiler="musl-gcc")
        compile_c(f"{cls.folder}/klpcc", glob.glob(f"{TOP}/user/bin/klpcc/*.c") + [f"{TOP}/build/packages/libtcc.a"], "-static",
                  compiler="musl-gcc")
        cls.sources = os.path.join(cls.folder, "sources")
        os.mkdir(cls.sources)
        for name in ("kernel", "arch", "boot", "livepatch", "include"):
            os.symlink(os.path.join(TOP, name), os.path.join(cls.sources, name))
        objects = sorted(glob.glob(os.path.join(BUILD, "kernel", "**", "*.o"), recursive=True), key=os.fsencode)
        subprocess.run([sys.executable, f"{TOP}/tools/srcindex.py", "--build", BUILD, "--config", "CONFIG_DEBUG=1", "-o",
                        f"{cls.sources}/klp.index", f"{BUILD}/neurath.elf", *objects], check=True)
        with open(f"{cls.sources}/klp.index", encoding="utf-8") as file:
            cls.functions = [line.split()[1] for line in file if line.startswith("F ")]

    def setUp(self):
        work = tempfile.TemporaryDirectory(dir=self.folder)
        self.addCleanup(work.cleanup)
        self.work = work.name

    def run_tool(self, *words):
        environment = dict(os.environ, KLP_SOURCES=self.sources, KLPCC=f"{self.folder}/klpcc", KLPCC_SHARE=f"{TOP}/user/share/klpcc")
        return subprocess.run(words, env=environment, cwd=self.work, text=True, capture_output=True, check=False)

    def klp(self, *words):
        return self.run_tool(f"{self.folder}/klp", *words)

    def klpcc(self, source):
        return self.run_tool(f"{self.folder}/klpcc", "-DCONFIG_DEBUG=1", *(f"-I{self.sources}{name}" for name in (
            "", "/include", "/arch/x86_64/include")), "-o", "x.o", source)

    def write(self, text, name="fix.c"):
        with open(os.path.join(self.work, name), "w", encoding="utf-8") as file:
            file.write(text)

    def refused(self, text, *words):
        self.write(text)
        done = self.klp("build", "fix.c")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.work, "fix.ko")))

    def built(self):
        done = self.klp("build", "fix.c")
        self.assertEqual(done.returncode, 0, done.stderr)
        return elf.Elf(os.path.join(self.work, "fix.ko"))

    def module_of(self, name):
        """The path of the module of an unchanged function, or None; and what klp said."""
        for file in "fix.c", "fix.ko":
            if os.path.exists(os.path.join(self.work, file)):
                os.unlink(os.path.join(self.work, file))
        made = self.klp("new", name, "fix.c")
        if made.returncode == 0:
            made = self.klp("build", "fix.c")
        return os.path.join(self.work, "fix.ko") if made.returncode == 0 else None, made.stderr

    def test_each_function_becomes_a_module_or_is_refused_for_a_known_reason(self):
        built = 0
        for name in self.functions:
            module, said = self.module_of(name)
            if module:
                built += 1
            elif name not in LEFT_OUT:
                self.assertRegex(said, CANNOT, name)
        print(f"# {built} of {len(self.functions)} functions are built", flush=True)
        self.assertGreater(built, 0.95 * len(self.functions))

    def test_every_fiftieth_module_passes_the_frame_check(self):
        for name in self.functions[::50]:
            module, _ = self.module_of(name)
            if module:
                self.assertEqual(framecheck.check_image(module, [])[2], [], name)

    def test_an_initial_value_declares_nothing(self):
        self.assertEqual(self.klp("new", "watchdog_start_cpu", "fix.c").returncode, 0)
        with open(os.path.join(self.work, "fix.c"), encoding="utf-8") as file:
            text = file.read()
        self.assertRegex(text, r"extern int watchdog_thresh\s+KLP_RELOC_SYMBOL")
        self.assertNotRegex(text, r"extern int \d")
        self.built()

    def test_a_file_may_contain_only_a_function(self):
        self.write("int cmdline_proc_show(struct seq_file *m, void *v)\n{\n\tmeminfo_sysrq();\n\treturn 0;\n}\n")
        image = self.built()
        names = [s.name for s in image.symbols if s.shndx == 0xFF20]
        self.assertEqual(names, [".klp.sym.vmlinux.meminfo_sysrq,0"])
        info = image.bytes(image.section(".modinfo")).split(b"\0")
        self.assertIn(b"name=fix", info)
        self.assertIn(b"klp_func=vmlinux cmdline_proc_show,0", info)
        self.assertIn(b"buildid=" + elf.Elf(f"{BUILD}/neurath.elf").build_id().encode(), info)
        self.assertEqual(moduleseal.relocation_count(os.path.join(self.work, "fix.ko")), sum(
            s.size // 24 for s in image.sections if s.type == elf.SHT_RELA))

    def test_the_source_of_a_function_with_what_it_uses(self):
        done = self.klp("new", "timer_arm")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.work, "timer_arm.c"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn('#include "kernel/sched/rq.h"', text)
        self.assertRegex(text, r"extern struct timer_base timer_bases\[NR_CPUS\] KLP_RELOC_SYMBOL\(vmlinux, vmlinux, timer_bases\);")
        self.assertNotIn("timer_cancel_sync", text)
        line = int(done.stdout.split("vi -c ")[1].split()[0])
        self.assertIn("timer_arm(", text.splitlines()[line - 1])
        again = self.klp("new", "timer_arm")
        self.assertEqual(again.returncode, 1)
        self.assertIn("timer_arm.c: File exists", again.stderr)

    def test_the_builtins_that_the_compiler_lacks(self):
        self.write(BUILTINS, "builtins.c")
        done = self.klpcc("builtins.c")
        self.assertEqual(done.returncode, 0, done.stderr)
        subprocess.run(["gcc", "-static", "x.o", "-o", "x"], cwd=self.work, check=True)
        self.assertEqual(subprocess.run(["./x"], cwd=self.work, check=False).returncode, 0)

    def test_structures_have_the_layout_of_the_kernel(self):
        seen = set()
        for source in LAYOUTS:
            lines = [f'#include "{source}"', "#include <stddef.h>"]
            debug = DebugInfo(os.path.join(BUILD, "kernel", source + ".o"))
            for name, (size, _, _) in debug.layouts().items():
                if name in seen or not name.startswith("struct "):
                    continue
                seen.add(name)
                lines.append(f'_Static_assert(sizeof({name}) == {size}, "size of {name}");')
                lines += [f'_Static_assert(offsetof({name}, {member}) == {offset}, "{name}.{member}");'
                          for member, offset in debug.fields(name.split()[1])[1].items()]
            self.write("\n".join(lines), "layouts.c")
            done = self.klpcc("layouts.c")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(len(seen), 80)
        self.write(f'#include "{LAYOUTS[0]}"\n_Static_assert(sizeof(struct task) == 1, "an error that is found");',
                   "layouts.c")
        self.assertIn("an error that is found", self.klpcc("layouts.c").stderr)

    def test_inlined_copies_are_named(self):
        done = self.klp("new", "utsname_get", "fix.c")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("utsname_get() is also inlined in ", done.stderr)
        self.assertIn("__x64_sys_uname", done.stderr)
        self.assertIn("__x64_sys_uname", self.klp("build", "fix.c").stderr)
        self.assertEqual(self.klp("new", "cmdline_proc_show").stderr, "")

    def test_the_name_of_a_system_call_is_enough(self):
        done = self.klp("new", "getppid", "fix.c")
        self.assertIn("fix.c: __x64_sys_getppid() of kernel/process/ids.c, line ", done.stdout, done.stderr)
        self.assertIn("__x64_sys_getppid", [s.name for s in self.built().symbols])

    def test_a_sample_is_a_module_without_changes(self):
        shutil.copy(f"{TOP}/livepatch/samples/livepatch-sample.c", os.path.join(self.work, "fix.c"))
        self.assertIsNotNone(self.built().section(".init.text"))

    def test_errors_have_the_line_of_the_file(self):
        head = "int cmdline_proc_show(struct seq_file *m, void *v)\n{\n"
        self.refused(head + "\treturn nothing;\n}\n", "fix.c:3: error: 'nothing' undeclared")
        self.refused(head + "\treturn nowhere();\n}\n", "fix.c:3: error: implicit declaration of function 'nowhere'")
        self.refused(head + "\tint nowhere(void);\n\treturn nowhere();\n}\n", "fix.c: nowhere: is declared, and neither")
        self.refused(head + "\tif (v) {\n\treturn 0;\n}\n", "fix.c:1: error: what starts here has no end")

    def test_another_prototype_is_refused(self):
        self.refused("int cmdline_proc_show(struct seq_file *m, int v)\n{\n\treturn 0;\n}\n", "fix.c:2: error: incompatible types")
        self.refused('#include <linux/seq_file.h>\nlong cmdline_proc_show(struct seq_file *m, void *v)\n{\n\treturn 0;\n}\n',
                     "fix.c:2: error: incompatible types")

    def test_functions_that_cannot_be_patched_are_refused(self):
        self.assertIn("has no such function", self.klp("new", "no_such_function").stderr)
        self.assertIn("is a variable", self.klp("new", "boot_info").stderr)
        self.refused("int one(void)\n{\n\treturn 0;\n}\n", "no function of it is one of the kernel's")

    def test_code_that_breaks_the_rule_of_frames_is_refused(self):
        head = "int cmdline_proc_show(struct seq_file *m, void *v)\n{\n\t__asm__ volatile(\""
        for code, what in (("push %rbp; mov %rsp, %rbp; pop %rbp", "changes the frame pointer"),
                           ("lea 8(%rsp), %rbp", "changes the frame pointer"),
                           ("xchg %rbp, %rax", "changes the frame pointer"),
                           ("mov $5, %ebp", "changes the frame pointer"),
                           ("leave; ret", "jumps into the middle|control leaves|goes on"),
                           ("ret", "returns with the frame in place"),
                           ("leave; nop", "goes on without a frame"),
                           ("jmp schedule", "jumps to another function"),
                           ("jmp *%rax", "jumps to a place that is not known"),
                           (".byte 0x0f, 0xff", "an instruction that is not known")):
            with self.subTest(code):
                self.write(head + code + "\");\n\treturn 0;\n}\n")
                done = self.klp("build", "fix.c")
                if code == "leave; ret":        # a second way out is correct if the frame is left before it
                    self.assertEqual(done.returncode, 0, done.stderr)
                    continue
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, what)
                self.assertIn("cmdline_proc_show+0x", done.stderr)


if __name__ == "__main__":
    unittest.main()
