# SPDX-License-Identifier: GPL-2.0-or-later
"""A seed determines a run: two runs with one seed print the same bytes, also times and traces; and AT= stops at the
event that it names."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ISO = os.path.join(os.environ.get("NEURATH_BUILD", os.path.join(TOP, "build/debug")), "test.iso")
# A patch is enabled and disabled while processes begin and end.
SCRIPT = """sh -c 'while :; do /bin/true; done' & p=$!
insmod /lib/modules/livepatch-sample.ko
klp wait livepatch_sample
echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
while ! rmmod livepatch_sample 2>/dev/null; do :; done
kill $p
cat /proc/interrupts /proc/stat
dmesg
"""


def replay(*options):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(SCRIPT)
        script.flush()
        return subprocess.run([sys.executable, os.path.join(TOP, "tools/replay"), "--iso", ISO, "--script", script.name, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)


class Replay(unittest.TestCase):
    def test_a_seed_determines_a_run(self):
        """Also with another number of CPUs; and another seed gives another run."""
        outputs = []
        for cpus, seed in ((2, 1), (4, 2)):
            first, second = (replay("--cpus", str(cpus), "--seed", str(seed)) for _ in "12")
            self.assertEqual(first.returncode, 0, first.stdout[-3000:])
            self.assertEqual(first.stdout, second.stdout)
            self.assertIn("step=complete target=0", first.stdout)
            self.assertRegex(first.stdout, rf"smp: {cpus} CPUs")
            outputs.append(re.findall(r"^ *\d+ \d+ \d+ \d+ klp_.*$", first.stdout, re.M))
        self.assertGreater(min(map(len, outputs)), 50)
        self.assertNotEqual(*outputs)

    def test_gdb_stops_at_the_event(self):
        done = replay("--at", "30", "--", "-batch", "-ex", "bt")
        line = re.search(r"^stops at 30 \d+ (\d) \d+ (\w+)", done.stdout, re.M)
        self.assertTrue(line, done.stdout[-3000:])
        cpu, event = line.groups()
        self.assertRegex(done.stdout, rf"Thread {int(cpu) + 1} hit .*trace_stopped \(\)")
        where = {"sched_wakeup": "trace_wakeup", "sched_wakeup_new": "trace_wakeup"}.get(event, f"trace_{event}")
        self.assertRegex(done.stdout, rf"#\d .* in {where} \(")

    def test_a_shared_folder_is_refused_because_the_host_can_change_it(self):
        done = subprocess.run([sys.executable, os.path.join(TOP, "tools/qemu"), "--iso", ISO, "--accel", "replay", "--script", __file__,
                               "--share", TOP], stderr=subprocess.PIPE, text=True, check=False)
        self.assertIn("replay: has no shared folder", done.stderr)
        self.assertEqual(done.returncode, 125)


if __name__ == "__main__":
    unittest.main()
