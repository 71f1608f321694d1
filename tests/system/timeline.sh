# SPDX-License-Identifier: GPL-2.0-or-later
# A transition that gives a good picture, for docs/timeline.md and test_timeline.py: sleepers, a loop, processes that
# begin and end, a callback, a kick, and a kernel thread that sleeps for 60 ms in a function that is being replaced.
# Needs the test image.
i=0
while [ $i -lt ${SLEEPERS:-24} ]; do sleep 1000 & i=$((i + 1)); done
while :; do /bin/true; done &
insmod /lib/modules/lx_busy.ko block=Y
usleep 20000
klp load lx_callbacks
usleep 30000
klp signal lx_callbacks
usleep 30000
echo N >/sys/module/lx_busy/parameters/block
klp wait lx_callbacks
