# SPDX-License-Identifier: GPL-2.0-or-later
"""The labs of the course: each lab is cut from this tree, and its starter compiles; a student's tree contains no
solution. Points of starters, solutions and wrong solutions: `make lab-check`."""

import json
import os
import re
import subprocess
import sys
import tempfile
import types
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "labs", "lib"))
import csource  # noqa: E402
import export  # noqa: E402
import grading  # noqa: E402
import labcheck  # noqa: E402
import mutants  # noqa: E402
import recipe as recipes  # noqa: E402
import student  # noqa: E402

LABS = recipes.labs(TOP)
SOURCE = """\
/* Head. */
int a;

/* What f is for. */
static int f(int x)
{
\treturn x;	/* as it is */
}

notrace struct s *g(struct s *p,
		    int n)
{
\treturn p + n;
}
"""


class Silent(labcheck.Problems):
    def say(self, lab, what, lines=()):
        self.found.append((lab, what, *lines))


class Source(unittest.TestCase):
    def test_functions_are_found_with_their_comments(self):
        found = csource.functions(SOURCE.split("\n"))
        self.assertEqual([(f.name, f.signature - f.comment) for f in found], [("f", 1), ("g", 0)])

    def test_a_stub_returns_what_its_type_allows(self):
        text = csource.stub(csource.stub(SOURCE, "f", "yours", "x.c"), "g", "yours", "x.c")
        self.assertIn("{\n\t/* yours */\n\treturn -ENOSYS;\n}", text)
        self.assertIn("{\n\t/* yours */\n\treturn NULL;\n}", text)
        self.assertIn("/* What f is for. */", text)

    def test_a_name_that_is_missing_or_there_twice_is_an_error(self):
        for text, name in ((SOURCE, "h"), (SOURCE + SOURCE, "f")):
            with self.assertRaises(csource.SourceError):
                csource.stub(text, name, "", "x.c")

    def test_a_copy_is_found_in_spite_of_blanks_and_comments(self):
        self.assertEqual(csource.code_only("a = b; /* c */\n\t// d\n e();"), "a=b;e();")


class Labs(unittest.TestCase):
    def test_there_are_labs(self):
        self.assertIn("L1", LABS)

    def test_every_lab_is_cut_compiles_and_gives_nothing_away(self):
        with tempfile.TemporaryDirectory() as folder:
            for lab in LABS:
                with self.subTest(lab):
                    problems = Silent()
                    labcheck.quick(TOP, lab, os.path.join(folder, "tree"), problems)
                    self.assertEqual(problems.found, [])

    def test_a_removed_body_in_a_students_tree_is_found(self):
        tree = student.student_tree(TOP, "L2")
        solution = student.solution_tree(TOP, "L2")
        tree["docs/leak.md"] = solution["arch/x86_64/unwind.c"].replace("\t", "  ")
        self.assertIn(("unwind_walk", "docs/leak.md"), student.copies(TOP, "L2", tree))

    def test_a_students_repository_has_one_commit_and_one_lab(self):
        with tempfile.TemporaryDirectory() as folder:
            commits = set()
            for name in ("with a blank", "b"):
                out = os.path.join(folder, name)
                subprocess.run([sys.executable, os.path.join(TOP, "tools", "lab"), "make", "--lab", "2", "--out", out], check=True,
                               stdout=subprocess.DEVNULL)
                log = subprocess.run(["git", "-C", out, "log", "--format=%H"], check=True, capture_output=True, text=True).stdout.split()
                self.assertEqual(len(log), 1)
                commits.add(log[0])
            self.assertEqual(len(commits), 1, "the same tree gives the same commit")
            self.assertEqual(recipes.labs(out), ["L2"])
            for lost in ("labs/L2/wrong", "labs/L2/stubs", "tests/mutants.txt", "tests/mutants/NO_STACK_CHECK.diff", "labs/L1"):
                self.assertFalse(os.path.exists(os.path.join(out, lost)), lost)
            self.assertTrue(os.path.exists(os.path.join(out, "answers.md")))

    def test_grades_are_exported(self):
        score = {"lab": "L2", "seed": 7, "points": 5, "of": 100, "checks": [
            {"name": "P1", "title": "boots", "points": 5, "of": 5, "expected": "", "lines": []},
            {"name": "P2", "title": "walks", "points": 0, "of": 95, "expected": "it walks", "lines": ["> no"]}]}
        result = json.loads(export.gradescope(score))
        self.assertEqual([(t["score"], t["max_score"]) for t in result["tests"]], [(5, 5), (0, 95)])
        self.assertIn("it walks", result["tests"][1]["output"])
        self.assertEqual(export.csv(score), "L2,7,5,P1=5,P2=0")
        done = subprocess.run([sys.executable, os.path.join(TOP, "tools", "lab"), "export", "--lab", "2", "--to", "classroom"], check=True,
                              capture_output=True, text=True)
        self.assertEqual(sum(test["points"] for test in json.loads(done.stdout)["tests"]), 100)

    def test_a_hand_in_has_the_students_files_and_the_grade(self):
        with tempfile.TemporaryDirectory() as folder:
            out, clone = os.path.join(folder, "lab"), os.path.join(folder, "clone")
            student.make_repository(TOP, "L2", out)
            for name, text in (("grade.json", "{}\n"), ("answers.md", "mine\n"), ("Makefile", "not a file of the lab\n")):
                with open(os.path.join(out, name), "w", encoding="utf-8") as file:
                    file.write(text)
            for words in (("user.name", "S"), ("user.email", "s@example.org")):
                subprocess.run(["git", "-C", out, "config", *words], check=True)
            said = subprocess.run([sys.executable, os.path.join(out, "tools", "lab"), "handin"], check=True, capture_output=True,
                                  text=True).stdout
            self.assertIn("Makefile", said)
            subprocess.run(["git", "clone", "-q", os.path.join(out, "handin-L2.bundle"), clone], check=True)
            self.assertEqual(recipes.read(os.path.join(clone, "answers.md")), "mine\n")
            self.assertEqual(recipes.read(os.path.join(clone, "grade.json")), "{}\n")
            self.assertNotIn("not a file of the lab", recipes.read(os.path.join(clone, "Makefile")))

    def test_a_check_that_fails_itself_costs_only_its_own_points(self):
        def stumble(_):
            return {}["no such line"]

        def hold(_):
            return None

        checks = [grading.Check(name, 50, name, (), function) for name, function in (("P1", stumble), ("P2", hold))]
        g = types.SimpleNamespace(seed=1)
        results = [grading.judge(g, one, set()) for one in checks]
        self.assertEqual([r.points for r in results], [0, 50])
        self.assertEqual(results[0].said, grading.BROKEN)
        self.assertIn("no such line", "\n".join(results[0].lines))

    def test_on_the_host_alone_a_check_that_needs_a_kernel_has_no_result(self):
        g = grading.Grade("L2", TOP, 1, host=True)
        boots = grading.Check("P1", 50, "boots", (), lambda g: g.shell())
        self.assertIsNone(grading.judge(g, boots, set()))
        self.assertIsNone(grading.judge(g, boots._replace(function=lambda g: g.module("a.c", "b")), set()))
        g.scratch.cleanup()

    def test_every_lab_has_what_a_teacher_needs(self):
        for lab in LABS:
            with self.subTest(lab):
                names = [over.name for over in recipes.overlays(TOP, lab, "wrong")]
                self.assertGreaterEqual(len(names), 6, "wrong solutions")
                text = recipes.read(os.path.join(TOP, "labs", lab, "README.md"))
                for heading in ("Why it matters", "What you will learn", "Background", "Steps", "How it is graded", "Questions", "Hints",
                                "If you want more"):
                    self.assertIn(f"\n## {heading}", text)
                self.assertRegex(text, r"Time: about \d+ hours")
                self.assertEqual(len(re.findall(r"^\d\. ", text.split("\n## Questions")[1].split("\n## ")[0], re.M)), 3)

    def test_every_mutant_has_a_lab_or_a_reason(self):
        found = list(mutants.assignments(TOP))
        self.assertEqual(len({one.mutant for one in found}), len(found))
        for one in found:
            self.assertTrue(one.lab in LABS or "race" in one.reason or "nothing that a lab cuts" in one.reason, one)
        self.assertIn(("NO_STACK_CHECK", "L4"), [(one.mutant, one.lab) for one in found])

    def test_the_checks_of_wrong_solutions_exist_and_points_are_a_hundred(self):
        for lab in LABS:
            with self.subTest(lab):
                text = recipes.read(os.path.join(TOP, "labs", lab, "grade.py"))
                checks = re.findall(r'^@check\("(\w+)", (\d+),', text, re.M)
                self.assertEqual(sum(int(points) for _, points in checks), 100)
                names = {name for name, _ in checks}
                for over in recipes.overlays(TOP, lab, "wrong"):
                    self.assertTrue(over.loses and set(over.loses + over.at_times) <= names, over.name)
                self.assertLessEqual(set(recipes.recipe(TOP, lab).starter), names)

    def test_who_loses_a_check_loses_those_that_need_it(self):
        for lab in LABS:
            checks, _ = grading.load(lab, TOP)
            for over in recipes.overlays(TOP, lab, "wrong"):
                for lost in (set(over.loses), set(over.loses + over.at_times)):
                    missing = {c.name for c in checks if lost & set(c.needs)} - lost
                    self.assertFalse(missing, f"{lab}/wrong/{over.name}: these are not tried without {' '.join(sorted(lost))}")


if __name__ == "__main__":
    unittest.main()
