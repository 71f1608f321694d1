# SPDX-License-Identifier: GPL-2.0-or-later
"""Twenty functions from all parts of the kernel, each with an edit that has a visible effect, for tests of
`klp new` and `klp apply`.

EDITS: (function, text of its source, the edited text, command of the guest's shell, its output). The commands run in
an empty folder that root can write.
"""

from collections import namedtuple

Edit = namedtuple("Edit", "function old new command shows")

EDITS = [Edit(*words) for words in (
    ("cmdline_proc_show", "boot_info.cmdline", '"edited"', "cat /proc/cmdline", "edited"),
    ("version_proc_show", '"%s version', '"edited %s version', "cut -c1-6 /proc/version", "edited"),
    ("filesystems_proc_show", "devtmpfs", "edited", "grep -c edited /proc/filesystems", "1"),
    ("meminfo_proc_show", '"Dirty:", 0', '"Dirty:", 7', "grep Dirty: /proc/meminfo | tr -s ' '", "Dirty: 28 kB"),
    ("proc_mounts_show", "rw,relatime", "rw,edited", "grep -q rw,edited /proc/mounts && echo yes", "yes"),
    ("modules_proc_show", '"Live"', '"Edited"', "grep -q Edited /proc/modules && echo yes", "yes"),
    ("proc_oom_score_show", "%u", "edited %u", "cut -c1-6 /proc/self/oom_score", "edited"),
    ("get_taint", "return ", "return 77 + 0 * ", "cat /proc/sys/kernel/tainted", "77"),
    ("trace_clock_show", '"%s[%s]"', '"%s<%s>"', "cat /sys/kernel/tracing/trace_clock", "<local> global mono boot"),
    ("period_show", "%lu", "edited %lu", "cut -c1-6 /proc/sys/kernel/livepatch_signal_period_ms", "edited"),
    ("cpuinfo_proc_show", "processor", "edited", "grep -c ^edited /proc/cpuinfo", "2"),
    ("sched_loadavg", "READ_ONCE(load_average[i])", "7 << 11", "cut -c1-14 /proc/loadavg", "7.00 7.00 7.00"),
    ("__x64_sys_uname", "utsname_get(&copy);", "utsname_get(&copy), copy.machine[0] = 'E';", "uname -m", "E86_64"),
    ("exec_parse_script", '"#!"', '"#?"', "echo '#?/bin/echo edited' >a; chmod +x a; ./a", "edited ./a"),
    ("symlink_at", "ret = len < 0", "ret = len == 3 ? -EPERM : len < 0", "ln -s abc b 2>/dev/null || echo refused", "refused"),
    ("__x64_sys_chmod", "attr_mode(mode)", "attr_mode(mode & 0700)", "touch c; chmod 777 c; stat -c %a c", "700"),
    ("__x64_sys_getppid", "return pid;", "return pid + 100000;", "[ $(sh -c 'echo $PPID') -gt 100000 ] && echo yes", "yes"),
    ("__x64_sys_umask", "mask & 0777", "077", "(umask 0; touch b; stat -c %a b)", "600"),
    ("__x64_sys_sysinfo", "info.freeram = pages_free()", "info.freeram = 0", "free | awk 'NR == 2 { print $4 }'", "0"),
    ("__x64_sys_kill", "if (sig < 0 ||", "if (sig == 0 || sig < 0 ||", "kill -0 $$ 2>/dev/null || echo refused", "refused"),
)]
