# SPDX-License-Identifier: GPL-2.0-or-later
"""student.py - makes trees: a student's tree (cut) or the tree of a solution, in a folder that may contain an earlier tree.

Only files that differ are written, so that a build there continues from the earlier build.
"""

import os
import shutil
import subprocess
import sys

import csource
import recipe as recipes

KEPT = ("build", ".git")
NOTE = "{lab}: yours, see labs/{lab}/README.md"


def tracked(top):
    """The present files of the tree; without git, all files except those that a build makes."""
    if os.path.exists(os.path.join(top, ".git")):
        names = subprocess.run(["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True,
                               capture_output=True).stdout.decode().split("\0")
        return sorted({n for n in names if n and os.path.isfile(os.path.join(top, n))})
    found = []
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in (*KEPT, "share", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), top) for name in names]
    return sorted(found)


def whole_tree(top):
    """path -> text of the main tree, or bytes for a file that is not text."""
    tree = {}
    for path in tracked(top):
        with open(os.path.join(top, path), "rb") as file:
            data = file.read()
        try:
            tree[path] = data.decode()
        except UnicodeDecodeError:
            tree[path] = data
    return tree


def solution_tree(top, lab):
    """The main tree, with the files of labs/Ln/solution if there are any."""
    tree = whole_tree(top)
    planted = recipes.overlays(top, lab, "stubs") if "planted" in recipes.recipe(top, lab).flags else []
    for over in planted + recipes.overlays(top, lab, "solution"):
        recipes.apply_overlay(tree, over)
    return tree


def mutants_of(top):
    """tests/mutants/mutant.py."""
    sys.path.insert(0, os.path.join(top, "tests", "mutants"))
    import mutant   # pylint: disable=import-outside-toplevel
    return mutant


def wrong_tree(top, lab, over):
    """The solution with a wrong solution in it: a diff of tests/mutants/, or functions and files."""
    tree = solution_tree(top, lab)
    if not over.mutant:
        recipes.apply_overlay(tree, over)
    else:
        for path, lines in mutants_of(top).applied(over.mutant, lambda path: tree[path]).items():
            tree[path] = "\n".join(lines)
    return tree


def student_tree(top, lab):
    rec = recipes.recipe(top, lab)
    tree = {path: text for path, text in whole_tree(top).items() if not recipes.dropped(rec, path)}
    for path, names in rec.cuts.items():
        if path not in tree:
            raise recipes.RecipeError(f"labs/{lab}/cut: there is no {path}")
        for name in names:
            tree[path] = csource.stub(tree[path], name, NOTE.format(lab=lab), path)
    for over in recipes.overlays(top, lab, "stubs"):
        recipes.apply_overlay(tree, over)
    tree["answers.md"] = answers(tree, lab)
    tree[".github/workflows/grade.yml"] = recipes.read(os.path.join(top, "labs", "class", "student-workflow.yml"))
    return tree


def answers(tree, lab):
    """The questions of the hand-out, with room for answers."""
    readme = tree[f"labs/{lab}/README.md"]
    section = readme.split("\n## Questions\n", 1)
    questions = section[1].split("\n## ", 1)[0].strip() if len(section) > 1 else ""
    return f"# Answers to {lab}\n\nName:\n\n{questions}\n\n## Answers\n\n1.\n\n2.\n\n3.\n"


def removed_bodies(top, lab):
    """(function, its code without comments and blanks) of each that is cut, unless a stub is that code."""
    rec, main = recipes.recipe(top, lab), whole_tree(top)
    for path, names in rec.cuts.items():
        lines = main[path].split("\n")
        for name in names:
            yield name, csource.code_only("\n".join(csource.body(lines, csource.find(lines, name, path))))


SHORTEST_COPY = 40      # a removed body with at least so many characters must not be in the starter
WRITTEN_TWICE = 150     # characters: two students may write shorter code in the same way, following the hand-out. Seen: 107


def copies(top, lab, tree, shortest=SHORTEST_COPY):
    """(function, file) of each removed body of so many characters that occurs in a tree."""
    code = {path: csource.code_only(text) for path, text in tree.items() if isinstance(text, str)}
    return [(name, path) for name, body in removed_bodies(top, lab) if len(body) >= shortest
            for path, text in code.items() if body in text]


def same(path, data):
    try:
        with open(path, "rb") as file:
            return file.read() == data
    except OSError:
        return False


def write(top, tree, out):
    """Makes the folder equal to the tree."""
    for folder, folders, names in os.walk(out):
        if folder == out:
            folders[:] = [name for name in folders if name not in KEPT]
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.relpath(path, out) not in tree:
                os.remove(path)
    for path, text in tree.items():
        target, source = os.path.join(out, path), os.path.join(top, path)
        data = text if isinstance(text, bytes) else text.encode()
        if not same(target, data):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(data)
        if os.path.exists(source):
            shutil.copymode(source, target)


def git(out, *words):
    environment = dict(os.environ, GIT_AUTHOR_DATE="2000-01-01T00:00:00Z", GIT_COMMITTER_DATE="2000-01-01T00:00:00Z")
    subprocess.run(["git", "-C", out, "-c", "user.name=Neurath", "-c", "user.email=labs@neurath.invalid",
                    "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", *words],
                   check=True, env=environment, stdout=subprocess.DEVNULL)


def make_repository(top, lab, out):
    """A new folder with the student's tree and a history of one commit: the same input gives the same commit."""
    if os.path.exists(out) and os.listdir(out):
        raise recipes.RecipeError(f"{out} is not empty: the student's tree needs a new folder")
    os.makedirs(out, exist_ok=True)
    tree = student_tree(top, lab)
    write(top, tree, out)
    git(out, "init", "-q", "-b", "main")
    git(out, "add", "-A")
    git(out, "commit", "-q", "-m", f"{recipes.title_of(top, lab)}\n\nThe tree of Neurath, with what is to be written taken out.")
    return tree
