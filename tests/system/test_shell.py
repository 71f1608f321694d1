# SPDX-License-Identifier: GPL-2.0-or-later
"""The interactive shell works as a person expects: editing, history, job control, pipes, full-screen programs.

One guest is booted for all tests of the class; each test begins at a prompt and must leave a prompt behind. If it does
not, the next test needs a new boot.
"""

import os
import sys
import time
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import vm  # noqa: E402

ISO = os.path.join(os.environ.get("NEURATH_BUILD", "build/debug"), "test.iso")
PROMPT = r"neurath:[^\n]*# "
RETURN, CTRL_C, CTRL_D, CTRL_U, CTRL_Z, TAB = "\r", "\x03", "\x04", "\x15", "\x1a", "\t"
UP, LEFT, BACKSPACE = "\x1b[A", "\x1b[D", "\x7f"


class Shell(unittest.TestCase):
    session = None

    @classmethod
    def tearDownClass(cls):
        if cls.session:
            cls.session.close()

    def setUp(self):
        cls = type(self)
        if cls.session and not cls.session.ready:
            cls.session.close()
            cls.session = None
        if not cls.session:
            cls.session = vm.Session(ISO, vm.Config(2))
            cls.session.expect(r"\nEdit a function of the running kernel:  klp new [^\n]*\n", 120)  # /etc/profile greets
            cls.session.expect(PROMPT)
        cls.session.ready = False

    def tearDown(self):
        """At a prompt with an empty line, the word "left" is printed once more than it is typed. A job that is left
        (the first `jobs` tells of ended ones) would be %1 of the next test, which then has another shell."""
        try:
            self.session.send("jobs >/dev/null; jobs >/tmp/jobs; echo left-$(grep -c . /tmp/jobs)" + RETURN)
            jobs = self.session.expect(r"\nleft-(\d+)\n", 5).group(1)
            self.session.expect(PROMPT, 5)
        except (AssertionError, OSError):
            return
        self.session.ready = jobs == "0"
        self.assertEqual(jobs, "0", "jobs are left in the shell")

    def run_line(self, command):
        return self.session.run(command, PROMPT)

    def start(self, command):
        """Starts a command that reads the terminal. As on any Unix, keys are echoed, mapped and made signals only when
        the shell has left its line editor; a person also waits for that."""
        self.session.send("echo star''ted; " + command + RETURN)
        self.session.expect(r"\nstarted\n")

    def test_echo_of_a_command(self):
        self.assertEqual(self.run_line("echo one two"), "one two")

    def test_status_of_the_last_command(self):
        self.assertEqual(self.run_line("false; echo status=$?"), "status=1")

    def test_pipe_and_redirection(self):
        self.assertEqual(self.run_line("seq 1 100 >/tmp/seq; grep 7 </tmp/seq | wc -l; rm /tmp/seq"), "19")

    def test_command_substitution(self):
        self.assertEqual(self.run_line("echo $(echo inner | tr a-z A-Z)"), "INNER")

    def test_backspace_and_arrows_edit_the_line(self):
        self.session.send("echo abX" + BACKSPACE + "d" + LEFT + "c" + RETURN)
        self.session.expect(r"\nabcd\n")
        self.session.expect(PROMPT)

    def test_history_repeats_the_last_command(self):
        self.run_line("echo again-$((40+2))")
        self.session.send(UP + RETURN)
        self.session.expect(r"\nagain-42\n")
        self.session.expect(PROMPT)

    def test_a_kernel_message_does_not_cut_the_line_being_typed(self):
        """The message gets a line of its own; the prompt and the typed text appear again below it."""
        self.run_line("while sleep 0.3; do echo tick >/dev/kmsg; done &")
        self.session.send("echo par")
        self.session.expect(r"neurath:~# echo par\n\[[ 0-9.]+\] tick\n(\[[ 0-9.]+\] tick\n)*neurath:~# echo par")
        self.session.send("tial" + RETURN)
        self.session.expect(r"\npartial\n")
        self.session.expect(PROMPT)
        self.run_line("kill $!; wait $!")

    def test_names_and_keys_may_be_of_any_language(self):
        self.assertEqual(self.run_line("echo $LANG; env -i sh -l -c 'echo $LANG'").splitlines()[-1], "C.UTF-8")
        self.session.send("echo grüßeé" + BACKSPACE + LEFT + BACKSPACE + "ss" + RETURN)
        self.session.expect(r"\ngrüsse\n")
        self.session.expect(PROMPT)
        self.assertEqual(self.run_line("cd /tmp; >straße; ls -C str*; rm str*; cd"), "straße")

    def test_resize_asks_the_terminal(self):
        self.assertEqual(self.run_line("stty size"), "24 80")
        self.session.send("resize" + RETURN + "\x1b[50;132R")
        self.session.expect(PROMPT)
        self.assertEqual(self.run_line("stty size; stty rows 24 cols 80"), "50 132")

    def test_klp_counts_on_one_line_while_it_waits(self):
        """And the patch of the function in which programs sleep does not report each short sleep."""
        self.run_line("dmesg -c >/dev/null; sleep 1000 &")
        self.run_line("until grep -q sleep_until /proc/$!/stack; do usleep 10000; done")
        self.session.send("klp load livepatch-blocked --wait" + RETURN)
        seen = self.session.expect(r"livepatch_blocked: \d+ tasks? to go[^#]*complete\n[^#]*# ", 60).group(0)
        self.assertLessEqual(seen.count("\n"), 8, seen)
        self.run_line("for i in 1 2 3 4 5; do usleep 1000; done")
        for command in ("disable", "signal", "wait"):
            self.run_line(f"klp {command} livepatch_blocked")
        # There is a line for each long sleep, also of other tests, and none for the short sleeps.
        self.assertLess(int(self.run_line("dmesg | grep -c ':[0-9]* sleeps in the new version'")), 5)
        self.run_line("kill $!; wait $!; klp unload livepatch_blocked")

    def test_ctrl_u_drops_the_line(self):
        self.session.send("rubbish" + CTRL_U + "echo clean" + RETURN)
        self.session.expect(r"\nclean\n")
        self.session.expect(PROMPT)

    def test_ctrl_c_ends_the_foreground_command(self):
        self.start("cat")
        self.session.send("line" + RETURN)
        self.session.expect(r"line\nline\n")
        self.session.send(CTRL_C)
        self.session.expect(PROMPT)
        self.assertEqual(self.run_line("echo alive"), "alive")

    def test_ctrl_c_ends_a_busy_loop(self):
        self.start("while :; do :; done")
        self.session.send(CTRL_C)
        self.session.expect(PROMPT)

    def test_ctrl_d_ends_the_input(self):
        self.start("wc -c")
        self.session.send("12345" + RETURN + CTRL_D)
        self.session.expect(r"\n6\n")
        self.session.expect(PROMPT)

    def test_ctrl_z_stops_and_fg_continues(self):
        self.start("cat")
        self.session.send("first" + RETURN)
        self.session.expect(r"first\nfirst\n")
        self.session.send(CTRL_Z)
        self.session.expect(r"Stopped")
        self.session.expect(PROMPT)
        self.session.send("jobs" + RETURN)
        self.session.expect(r"Stopped +cat")
        self.session.expect(PROMPT)
        self.session.send("fg" + RETURN)
        self.session.expect(r"cat\n")
        self.session.send("second" + RETURN)
        self.session.expect(r"second\nsecond\n")
        self.session.send(CTRL_D)
        self.session.expect(PROMPT)

    def test_background_job_is_reported(self):
        self.run_line("sleep 0.2 &")
        self.run_line("wait; true")
        self.assertNotIn("Running", self.run_line("jobs"))

    def test_background_reader_is_stopped_by_the_terminal(self):
        self.run_line("cat &")
        self.run_line("until grep -q '^State:.T' /proc/$!/status; do usleep 1000; done")
        self.assertIn("Stopped", self.run_line("jobs"))
        self.run_line("kill $!; kill -CONT $!; wait $!; true")

    def test_vi_edits_a_file(self):
        self.session.send("vi /tmp/vi-test" + RETURN)
        self.session.expect(r"~\s*~")
        # The byte of an escape is the key Esc only if no byte follows at once.
        self.session.send("ihello from vi")
        self.session.expect("hello from vi")
        self.session.send("\x1b")
        self.session.expect(r"- /tmp/vi-test")
        self.session.send(":wq" + RETURN)
        self.session.expect(PROMPT)
        self.assertEqual(self.run_line("cat /tmp/vi-test; rm /tmp/vi-test"), "hello from vi")

    def test_tab_completes_a_file_name(self):
        self.session.send("cat /etc/hostn" + TAB + RETURN)
        self.session.expect(r"cat /etc/hostname *\nneurath\n")
        self.session.expect(PROMPT)

    def test_less_shows_a_file_and_its_end(self):
        self.run_line("seq 1 500 | sed s,^,line, >/tmp/less-test")
        self.session.send("less /tmp/less-test" + RETURN)
        self.session.expect(r"line1\s*\n(.*\n)*line20\b")
        self.session.send("G")
        self.session.expect(r"line500\b")
        self.session.send("q")
        self.session.expect(PROMPT)
        self.run_line("rm /tmp/less-test")

    def test_man_shows_a_page_until_q(self):
        self.start("man livepatch")
        self.session.expect(r"LIVEPATCH\(7\)")
        self.session.send("q")
        self.session.expect(PROMPT)

    def test_top_shows_processes_until_q(self):
        self.session.send("top" + RETURN)
        self.session.expect(r"PID +PPID +USER")
        self.session.expect(r" init\b")
        self.session.send("q")
        self.session.expect(PROMPT)

    def test_a_student_becomes_root_only_with_the_password(self):
        self.session.send("su - student" + RETURN)
        self.session.expect(r"\nYou are student: ")
        self.session.expect(r"neurath:~\$ ")
        for password, answer in (("wrong", r"\nsu: incorrect password\n"), ("neurath", r"\nuid=0\(root\)[^\n]*\n")):
            self.session.send("su -c id" + RETURN)
            self.session.expect("Password: ")
            self.session.send(password + RETURN)
            self.session.expect(answer)
            self.session.expect(r"neurath:~\$ ")
        self.session.send("exit" + RETURN)
        self.session.expect(PROMPT)

    def test_the_prompt_of_an_inner_shell_is_the_same(self):
        self.session.send("sh" + RETURN)
        self.session.expect(PROMPT)
        self.assertEqual(self.run_line("echo level=$SHLVL"), "level=2")
        self.session.send("exit" + RETURN)
        self.session.expect(PROMPT)

    def test_a_shell_that_ends_is_started_again(self):
        before = self.run_line("echo pid=$$")
        self.session.send("exit" + RETURN)
        self.session.expect(PROMPT)
        self.assertNotEqual(self.run_line("echo pid=$$"), before)


class PowerOff(unittest.TestCase):
    def test_poweroff_ends_the_machine(self):
        with vm.Session(ISO, vm.Config(2)) as session:
            session.expect(PROMPT, 120)
            session.send("poweroff" + RETURN)
            session.expect(r"reboot: Power down")
            watch = session.limit()
            while session.process.poll() is None:
                time.sleep(0.1)
                self.assertEqual(watch.look(), "")


if __name__ == "__main__":
    unittest.main()
