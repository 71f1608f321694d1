#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mutant.py - kernels with one rule broken: README.md here.

    tests/mutants/mutant.py list                    each mutant, with the broken rule
    tests/mutants/mutant.py image NAME [--out DIR]  the test image with that kernel: build/debug/mutants/NAME/test.iso
    tests/mutants/mutant.py run [REGEXP]            boots these mutants, or all, until their suites turn red (`make mutants`)
    tests/mutants/mutant.py edit NAME               puts the diff into the sources here
    tests/mutants/mutant.py renew NAME              makes the diff from the edits of the sources here, and takes the edits back

A diff finds its place by its text, and by the function that it names; line numbers are ignored, so that code may move. Each place
must exist exactly once; Stale names the place that does not.
"""

import argparse
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tools")]
import bootimage  # noqa: E402
import elf  # noqa: E402
from klpbuild import apply as overlays  # noqa: E402

# `at` is the text after the second @@: the first line of the function.
Hunk = namedtuple("Hunk", "path at old new")
LICENCE = "# SPDX-License-Identifier: GPL-2.0-or-later"
FUNCTION = re.compile(r"^[A-Za-z_].*[^;:]$")


class Stale(Exception):
    """The sources no longer have the code that a mutant changes."""


def names():
    return sorted(name[:-5] for name in os.listdir(HERE) if name.endswith(".diff"))


def text_of(name):
    try:
        with open(os.path.join(HERE, name + ".diff"), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        raise Stale(f"{name}: no such mutant; `tests/mutants/mutant.py list` has all") from None


def about(name):
    """The broken rule: the text before the diff."""
    return text_of(name).split("\n--- ", 1)[0].removeprefix(LICENCE).strip()


def hunks(name):
    """The places of a mutant."""
    found, path, lines = [], None, text_of(name).split("\n")
    for number, line in enumerate(lines):
        if line.startswith("+++ ") and lines[number - 1].startswith("--- "):
            path = overlays.strip(line[4:].split("\t")[0].strip())
        elif line.startswith("@@ "):
            found.append(Hunk(path, line.split("@@", 2)[2].strip(), [], []))
        elif found and line[:1] in (" ", "-", "+") and not line.startswith(("--- ", "+++ ")):
            if line[0] != "+":
                found[-1].old.append(line[1:])
            if line[0] != "-":
                found[-1].new.append(line[1:])
    return found


def function_at(lines, at):
    """The last line at the left margin above a place."""
    return next((line for line in reversed(lines[:at]) if FUNCTION.match(line)), "")


def places(lines, old, function):
    """The places of these lines; if there are several, only the places in the function."""
    found = [at for at in range(len(lines) - len(old) + 1) if lines[at:at + len(old)] == old]
    return found if len(found) == 1 else [at for at in found if function and function_at(lines, at).startswith(function)]


def place(name, hunk, lines):
    """Where the hunk applies."""
    found = places(lines, hunk.old, hunk.at)
    if len(found) != 1:
        raise Stale(f"tests/mutants/{name}.diff does not apply to {hunk.path}: {'two places are' if found else 'no place is'} as it says in "
                    f"`{hunk.at}`. Break the rule by hand in the sources ({about(name)}), and run tests/mutants/mutant.py renew {name}")
    return found[0]


def is_comment(line):
    return not line.strip() or line.strip().startswith(("/*", "*"))


def difference(path, old, new):
    """A unified diff that names functions, with a line around each place. A comment is left out if the code identifies the place, because
    comments change."""
    result = [f"--- a/{path}", f"+++ b/{path}"]
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(1):
        for edge in (0, -1):
            tag, first, last, _, _ = group[edge]
            rest = (last, group[-1][2]) if edge == 0 else (group[0][1], first)
            if tag == "equal" and is_comment(old[first]) and len(places(old, old[slice(*rest)], function_at(old, rest[0]))) == 1:
                del group[edge]
        begin, end, new_begin, new_end = group[0][1], group[-1][2], group[0][3], group[-1][4]
        result.append(f"@@ -{begin + 1},{end - begin} +{new_begin + 1},{new_end - new_begin} @@ {function_at(old, begin)}".rstrip())
        for tag, first, last, start, stop in group:
            result += [" " + line for line in old[first:last]] if tag == "equal" else \
                ["-" + line for line in old[first:last]] + ["+" + line for line in new[start:stop]]
    return "".join(line + "\n" for line in result)


def files(name):
    return list(dict.fromkeys(hunk.path for hunk in hunks(name)))


def applied(name, read):
    """{path: lines} of the files that the mutant changes; read(path) gives the text of one."""
    result = {path: read(path).split("\n") for path in files(name)}
    for hunk in hunks(name):
        lines = result[hunk.path]
        at = place(name, hunk, lines)
        lines[at:at + len(hunk.old)] = hunk.new
    return result


def read_here(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def overlay(name, folder):
    """A tree of links with the mutant in it."""
    tree = overlays.Overlay(folder, TOP)
    for other in sorted({path.split("/")[0] for path in files(name)} - set(overlays.SOURCES)):
        tree.link_files(other)
    for path, lines in applied(name, read_here).items():
        tree.write(path, "\n".join(lines).splitlines(keepends=True))
    return tree


# ---- the kernel and the image -----------------------------------------------------------------------------------------

def run(words, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(words[:3])} ...` failed:\n{done.stdout}")
    return done.stdout


def flags(build, name):
    """The words of a command of the build, without -Werror: a mutant may leave a variable or function unused."""
    with open(os.path.join(build, "flags." + name), encoding="utf-8") as file:
        return [word for word in shlex.split(file.read()) if word != "-Werror"]


def compiled(name, build, folder):
    """{object of the build: object of the mutant} for the files that the mutant changes. Lines keep their numbers as far as possible, so
    that the rest of the kernel stays the same."""
    result, tree = {}, os.path.relpath(os.path.join(folder, "tree"), TOP)
    for path, new in applied(name, read_here).items():
        old, source = read_here(path).splitlines(keepends=True), os.path.join(TOP, tree, path)
        new = "\n".join(new).splitlines(keepends=True)
        os.makedirs(os.path.dirname(source), exist_ok=True)
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(overlays.keep_numbers(old, new, overlays.hunks_of(old, new))[0])
        target = os.path.join(folder, path.replace("/", "_") + ".o")
        run([*flags(build, "COMPILE_FLAGS"), "-iquote", os.path.dirname(path), f"-ffile-prefix-map={tree}/=",
             "-c", os.path.join(tree, path), "-o", target], cwd=TOP)
        result[os.path.relpath(os.path.join(build, "kernel", path + ".o"), TOP)] = target
    return result


def table_of(image, table, compiler):
    """Makes the symbol table of an image, and an object with it (the Makefile says why)."""
    run([sys.executable, os.path.join(TOP, "tools", "ksyms.py"), "generate", image, table])
    run([compiler, "-c", "-x", "assembler", "-", "-o", table + ".o"], input=f'.section .ksyms,"a"\n.incbin "{table}"\n')
    with open(table, "rb") as file:
        return file.read()


def contents(path):
    """The sections of an image that are loaded."""
    image = elf.Elf(path)
    return [(s.name, s.addr, image.bytes(s)) for s in image.sections if s.flags & elf.SHF_ALLOC and s.type != elf.SHT_NOBITS]


def kernel(name, build, folder):
    """Links the kernel of the build with the mutant's objects in place of its own. The result has the build id of the original kernel, for
    which the modules were made."""
    base, image = os.path.join(build, "neurath.elf"), os.path.join(folder, "neurath.elf")
    objects, link = compiled(name, build, folder), flags(build, "LINK_FLAGS")
    missing = set(objects) - set(link)
    if missing:
        raise RuntimeError(f"{name}: the kernel in {build} has no {' '.join(missing)}")
    words = [objects.get(word, f"--build-id=0x{elf.Elf(base).build_id()}" if word.startswith("--build-id") else word) for word in link]
    compiler, table = flags(build, "COMPILE_FLAGS")[0], os.path.join(folder, "ksyms.bin")
    shutil.copyfile(os.path.join(build, "ksyms2.o"), table + ".o")
    with open(os.path.join(build, "ksyms2.bin"), "rb") as file:
        before = file.read()
    while True:
        run([*words, "-T", os.path.join(build, "linker.ld"), table + ".o", "-o", image], cwd=TOP)
        now = table_of(image, table, compiler)
        if now == before:       # the table in the image is that of the image
            break
        before = now
    run([sys.executable, os.path.join(TOP, "tools", "sortslots.py"), image])
    if contents(image) == contents(base):
        raise RuntimeError(f"{name}: the diff changes nothing in the kernel")
    return image


def image(name, build, folder, without=frozenset()):
    """The test image of the build, with the mutant's kernel and without some programs of /tests; in a folder of its own."""
    build, folder = os.path.abspath(build), os.path.abspath(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    stripped, target = os.path.join(folder, "stripped"), os.path.join(folder, "test.iso")
    run(["objcopy", "--strip-all", kernel(name, build, folder), stripped])
    with open(stripped, "rb") as file:
        bootimage.write(target, os.path.join(build, "test.iso"), file.read(), without)
    return target


def boot(regexp, build, seed):
    """Runs tests/system/test_mutants.py: its status."""
    if not any(re.search(regexp, name) for name in names()):
        raise RuntimeError(f"no mutant matches '{regexp}'; `tests/mutants/mutant.py list` shows all")
    words = [sys.executable, os.path.join(TOP, "tests", "run.py"), "--build", build, "--only", "=test_mutants", "-v"]
    return subprocess.run(words + (["--seed", seed] if seed else []), env=dict(os.environ, MUTANTS=regexp), check=False).returncode


# ---- by hand ----------------------------------------------------------------------------------------------------------

def edit(name):
    for path, lines in applied(name, read_here).items():
        with open(os.path.join(TOP, path), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        print(f"{path} has it")


def renew(name):
    said = about(name) if name in names() else "SAY HERE WHAT IT BREAKS"
    git = ["git", "-C", TOP]
    edited = run([*git, "diff", "--name-only", "--", "*.c"]).split()
    if not edited:
        sys.exit("mutant: no C file is edited here")
    body = "".join(difference(path, run([*git, "show", f":{path}"]).split("\n"), read_here(path).split("\n")) for path in edited)
    with open(os.path.join(HERE, name + ".diff"), "w", encoding="utf-8") as file:
        file.write(f"{LICENCE}\n{said}\n{body}")
    run([*git, "checkout", "--", *edited])
    print(f"tests/mutants/{name}.diff is new; {' '.join(edited)} as before")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("list", "image", "run", "edit", "renew"))
    parser.add_argument("name", nargs="?")
    parser.add_argument("--build", default=os.path.join(TOP, "build", "debug"))
    parser.add_argument("--out")
    parser.add_argument("--seed")
    options = parser.parse_args()
    if options.command not in ("list", "run") and not options.name:
        parser.error("say which mutant")
    try:
        if options.command == "run":
            sys.exit(boot(options.name or "", options.build, options.seed))
        if options.command == "list":
            print("\n".join(f"{name:<24}{about(name)}" for name in names()))
        elif options.command == "image":
            print(image(options.name, options.build, options.out or os.path.join(options.build, "mutants", options.name)))
        else:
            {"edit": edit, "renew": renew}[options.command](options.name)
    except (Stale, RuntimeError) as error:
        sys.exit(f"mutant: {error}")


if __name__ == "__main__":
    main()
