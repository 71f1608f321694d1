# SPDX-License-Identifier: GPL-2.0-or-later
"""The Makefile on a machine that lacks the compiler until tools/setup has run: a folder of commands plays this machine.
And the reaction to wrong words: misspelt options, paths with blanks, statuses."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
REAL = "bash make dirname sort find grep cat mkdir cmp awk chmod".split()
STUBS = "ld python3 musl-gcc grub-mkrescue xorriso mformat qemu-system-x86_64 busybox".split()
TARGETS = "kernel run iso guest module debug bench".split()
# A compiler that knows its header folder, records its command line and compiles nothing.
GCC = '''#!/bin/bash
if [ "$1" = -print-file-name=include ]; then echo /headers/of/gcc; exit; fi
echo "$*" >>"{log}"
exit 1
'''


class FreshMachine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin, self.log = folder.name, os.path.join(folder.name, "log")
        for name in REAL:
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        for name in STUBS + ["apt-cache"]:
            self.command(name, "exit 0")
        self.command("id", "echo 0")
        gcc = os.path.join(self.bin, "gcc")
        self.command("apt-get", f"cat >{gcc} <<'END'\n{GCC.format(log=self.log)}END\nchmod 755 {gcc}")

    def command(self, name, body):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/bash\n{body}\n")
        os.chmod(path, 0o755)

    def make(self, *words):
        environment = {"PATH": self.bin, "BUSYBOX": os.path.join(self.bin, "busybox")}
        return subprocess.run([os.path.join(self.bin, "make"), f"O={self.bin}/build", *words], cwd=TOP, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)

    def check_first_compilation(self, target):
        done = self.make("-j4", "-k", target, "SCRIPT=/dev/null", "SRC=foo.c")
        self.assertNotEqual(done.returncode, 0, "this compiler cannot compile")
        with open(self.log, encoding="utf-8") as file:
            commands = file.read().splitlines()
        self.assertIn(" -isystem /headers/of/gcc -Iinclude ", commands[0], done.stdout)

    def test_help_needs_no_tools(self):
        done = self.make("help")
        self.assertEqual(done.returncode, 0, done.stdout)
        for target in TARGETS:
            self.assertRegex(done.stdout, rf"(?m)^  {target}  +\S")
        self.assertNotIn("not found", done.stdout)


def make_test(target):
    def test(self):
        self.check_first_compilation(target)
    return test


for name in TARGETS:
    setattr(FreshMachine, f"test_make_{name}_compiles_after_setup", make_test(name))

# A Python that only records its arguments, and ends with the status in STUB_STATUS.
PYTHON = '''#!{python}
import json, os, sys
with open({log!r}, "a") as file:
    print(json.dumps(sys.argv[1:]), file=file)
sys.exit(int(os.environ.get("STUB_STATUS", 0)))
'''
ODD = "it's a \"folder\" $with blanks"


class Typed(unittest.TestCase):
    """make with stubs for the tools: nothing is built, and the tests check the arguments of the last tool."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="with blanks ")
        self.addCleanup(folder.cleanup)
        self.folder, self.log = folder.name, os.path.join(folder.name, "log")
        self.python, self.done = os.path.join(folder.name, "python"), os.path.join(folder.name, "done")
        with open(self.python, "w", encoding="utf-8") as file:
            file.write(PYTHON.format(python=shutil.which("python3"), log=self.log))
        os.chmod(self.python, 0o755)

    def make(self, *words, cwd=TOP, status=0):
        quoted = "'" + self.python.replace("'", "'\\''") + "'"
        return subprocess.run(["make", *words, f"PYTHON={quoted}"], cwd=cwd, stdin=subprocess.DEVNULL, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, STUB_STATUS=str(status)))

    def arguments(self):
        with open(self.log, encoding="utf-8") as file:
            return json.loads(file.read().splitlines()[-1])

    def test_options_in_another_case_are_refused_by_their_name(self):
        for word, right in (("cpus=4", "CPUS"), ("Mem=1G", "MEM"), ("src=a b", "SRC"), ("only=x", "ONLY")):
            done = self.make("-n", "run", word)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(f"there is no option '{word.split('=')[0]}': it is written {right}.", done.stdout)

    def test_unknown_options_are_refused_with_the_list(self):
        done = self.make("-n", "run", "CORES=4")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stdout, r"there is no option 'CORES'; the options are CPUS MEM .*SHARE")

    def test_the_options_of_the_help_and_of_the_pages_are_known(self):
        text = self.make("help").stdout
        for page in ("README.md", "docs/building.md"):
            with open(os.path.join(TOP, page), encoding="utf-8") as file:
                text += file.read()
        named = set(re.findall(r"\b([A-Z_]{1,13})=(?=[\w./'])", text)) - {"PATH", "LANG", "TERM"}
        self.assertLessEqual({"CPUS", "SHARE", "DEBUG", "SCRIPT", "BUSYBOX"}, named)
        done = self.make("help", *(f"{name}=x" for name in sorted(named)))
        self.assertEqual(done.returncode, 0, done.stdout)

    def guest(self, *words, status=0):
        with open(os.path.join(self.folder, "x.iso"), "w", encoding="utf-8"):
            pass
        link = tempfile.mkdtemp()       # RUN_ISO is a prerequisite, and the only path that must not contain blanks
        self.addCleanup(shutil.rmtree, link)
        os.symlink(os.path.join(self.folder, "x.iso"), os.path.join(link, "x.iso"))
        return self.make("guest-now", f"RUN_ISO={link}/x.iso", *words, status=status)

    def test_paths_of_the_machine_may_have_any_characters(self):
        odd = ODD.replace("$", "$$")    # because $ has a meaning for make
        done = self.guest(f"SCRIPT={odd}.sh", f"SHARE={odd}", f"CMDLINE={odd}", "CPUS=2 4", "MEM=1 G", "MACHINE=p c", "TIMEOUT=1 0")
        self.assertEqual(done.returncode, 0, done.stdout)
        words = self.arguments()
        self.assertEqual(words[words.index("--script") + 1], f"{ODD}.sh")
        for word in (f"--share={ODD}", f"--cmdline={ODD}", "--cpus=2 4", "--mem=1 G", "--machine=p c"):
            self.assertIn(word, words)

    def test_make_fails_with_the_script_and_names_its_status(self):
        self.assertEqual(self.guest("SCRIPT=x.sh").returncode, 0)
        done = self.guest("SCRIPT=x.sh", status=7)
        self.assertEqual((done.returncode, "guest-now] Error 7" in done.stdout), (2, True), done.stdout)

    def test_no_page_says_that_make_ends_with_the_status_of_the_script(self):
        for page in ("README.md", "docs/building.md", "tools/README.md", "docs/userspace.md"):
            with open(os.path.join(TOP, page), encoding="utf-8") as file:
                for line in file:
                    if "make guest" in line:
                        self.assertNotRegex(line, "with its status|exits with the script", page)

    def test_a_checkout_in_a_folder_with_any_name(self):
        """The compiler's flags contain the folder's name; each flag must stay one word, for the kernel, programs and
        modules."""
        top = os.path.join(self.folder, "it's a folder")
        shutil.copytree(TOP, top, symlinks=True, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
        with open(os.path.join(self.folder, "gcc"), "w", encoding="utf-8") as file:
            file.write(PYTHON.format(python=shutil.which("python3"), log=self.log))
        os.chmod(os.path.join(self.folder, "gcc"), 0o755)
        os.makedirs(os.path.join(top, "build/include/generated"))
        made = [f"build/include/generated/{name}.h" for name in ("asm-offsets", "vdso_image")]
        for header in made:
            with open(os.path.join(top, header), "w", encoding="utf-8"):
                pass
        prefix = "'" + self.folder.replace("'", "'\\''") + "'/"
        for target in ("build/kernel/kernel/main.c.o", "build/user/obj/user/init/main.c.o", "build/kernel/boot/entry.S.o"):
            done = self.make("-o", made[0], "-o", made[1], target, f"CROSS_COMPILE={prefix}", f"USER_CC={prefix}gcc", cwd=top)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(f"-ffile-prefix-map={top}/=", self.arguments(), target)
        done = self.make("build/flags.MODULE_FLAGS", f"CROSS_COMPILE={prefix}", cwd=top)
        with open(os.path.join(top, "build/flags.MODULE_FLAGS"), encoding="utf-8") as file:
            self.assertIn(f"-ffile-prefix-map={top}/=", shlex.split(file.read()))

    def test_the_compiler_is_an_option(self):
        """tools/klp-build and tools/module take it from these files."""
        build = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, build)
        names = ("KERNEL_FLAGS", "COMPILE_FLAGS", "MODULE_FLAGS")
        done = self.make(*(f"{build}/flags.{name}" for name in names), f"O={build}", "CC=gcc-13")
        self.assertEqual(done.returncode, 0, done.stdout)
        for name in names:
            with open(f"{build}/flags.{name}", encoding="utf-8") as file:
                self.assertTrue(file.read().startswith("gcc-13 "), name)

    def test_paths_of_a_module_may_have_any_characters(self):
        kernel, odd = tempfile.mkdtemp(), ODD.replace("$", "$$")
        self.addCleanup(shutil.rmtree, kernel)
        os.makedirs(f"{kernel}/build")
        with open(f"{kernel}/build/neurath.elf", "w", encoding="utf-8"):
            pass
        done = self.make("module-now", "-o", f"{kernel}/build/neurath.elf", f"O={kernel}/build", f"SRC={odd}/foo.c",
                         f"OUT={kernel}/{odd}", f"NAME={odd}")
        self.assertEqual(done.returncode, 0, done.stdout)
        words = self.arguments()
        self.assertEqual(words[words.index("--out") + 1], f"{kernel}/{ODD}")
        self.assertEqual(words[words.index("--sources") + 1], f"{ODD}/foo.c")
        self.assertIn(f"--name={ODD}", words)


if __name__ == "__main__":
    unittest.main()
