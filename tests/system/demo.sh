#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration of README.md, line by line, as a script for `make guest SCRIPT=tests/system/demo.sh`. It ends with
# status 0 only if every step has the result that README describes.

LIVEPATCH=/sys/kernel/livepatch
MODULES=/lib/modules
PATCHED="livepatch_sample: this has been live patched"

fail() { echo "demo: $*"; dmesg | tail -20; exit 1; }
settled() { while [ "$(cat $LIVEPATCH/$1/transition 2>/dev/null)" = 1 ]; do usleep 1000; done; }
unloaded() {
	while [ -d $LIVEPATCH/$1 ]; do usleep 1000; done
	until [ "$(cat /sys/module/$1/refcnt)" = 0 ]; do usleep 1000; done
	rmmod $1 || fail "rmmod $1"
}

# 0. A function is edited, compiled and applied in the guest, edited and applied again, and the patch is unloaded.
original=$(cat /proc/cmdline)
cd "$(mktemp -d)" || fail "a folder"
klp new cmdline_proc_show fix.c || fail "klp new"
sed -i 's/boot_info.cmdline/"edited in the guest"/' fix.c
klp apply fix.c || fail "klp apply"
[ "$(cat /proc/cmdline)" = "edited in the guest" ] || fail "not edited"
sed -i s/edited/twice/ fix.c
klp apply fix.c || fail "klp apply, again"
[ "$(cat /proc/cmdline)" = "twice in the guest" ] || fail "not edited twice"
klp unload fix_v2 || fail "klp unload"
[ "$(cat /proc/cmdline)" = "$original" ] || fail "not as before"

# 1. A function of the kernel is replaced, restored, and replaced again.
original=$(cat /proc/cmdline)
echo "before:   $original"
[ "$original" != "$PATCHED" ] || fail "patched before the start"
for round in 1 2; do
	insmod $MODULES/livepatch-sample.ko || fail "insmod"
	settled livepatch_sample
	echo "patched:  $(cat /proc/cmdline)"
	[ "$(cat /proc/cmdline)" = "$PATCHED" ] || fail "not patched"
	echo 0 > $LIVEPATCH/livepatch_sample/enabled || fail "disable"
	unloaded livepatch_sample
	echo "restored: $(cat /proc/cmdline)"
	[ "$(cat /proc/cmdline)" = "$original" ] || fail "not restored"
done

# 2. A task sleeps in the function that is replaced: only this task does not change over, and the kernel says why.
sleep 1000 &
sleeper=$!
until grep -q sleep_until_interruptible /proc/$sleeper/stack; do usleep 1000; done
insmod $MODULES/livepatch-blocked.ko || fail "insmod of the second patch"
ps
for task in /proc/[0-9]*; do
	[ -r $task/patch_state ] && echo "patch_state $(cat $task/patch_state) of $(cat $task/comm)"
done 2>/dev/null
[ "$(cat $LIVEPATCH/livepatch_blocked/transition)" = 1 ] || fail "nothing blocks"
[ "$(cat /proc/$sleeper/patch_state)" = 0 ] || fail "the sleeper has switched"
[ "$(cat /proc/$$/patch_state)" = 1 ] || fail "the shell has not switched"
cat $LIVEPATCH/livepatch_blocked/blockers
grep -q "^$sleeper sleep .*asleep in sleep_until_interruptible" $LIVEPATCH/livepatch_blocked/blockers || fail "blockers"

# 3. The fake signal: the task's system call starts again, in the new version, and the task continues to sleep.
echo 1 > $LIVEPATCH/livepatch_blocked/signal || fail "signal"
settled livepatch_blocked
[ -d /proc/$sleeper ] || fail "the sleeper is gone"
dmesg | grep -q "sleep:$sleeper sleeps in the new version" || fail "the sleeper is not in the new version"
kill $sleeper
echo 0 > $LIVEPATCH/livepatch_blocked/enabled || fail "disable of the second patch"
echo 1 > $LIVEPATCH/livepatch_blocked/signal 2>/dev/null	# a usleep of this script may sleep in the function
unloaded livepatch_blocked
echo "demo: all steps as described"
