#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A transition does not wait for works of modules, whatever these works do. A write to the file signal does not wait for
# a callback that sleeps.
# timeout: 60
. /tests/tap.sh
. /tests/klp.sh

asleep_in() { until grep -q " $2+" /proc/$1/stack; do usleep 1000; done; }
until_file_says() { until [ "$(cat $1)" = "$2" ]; do usleep 1000; done; }

# ---- works of modules ------------------------------------------------------------------------------------
# All workers that modules can have sleep, or more workers compute than there are CPUs. When the last task changes over,
# the transition still completes, and the patch can be unloaded.
completes()
{
	cat /proc/klp_target_block &
	sleeper=$!
	asleep_in $sleeper target_block
	start klp_any objs=klp_target:target_block
	get klp_any/transition
	cat /proc/klp_target_release
	wait $sleeper
	settle klp_any
	disable klp_any
	unload klp_any
}

insmod /lib/modules/klp_target.ko
for works in "sleeping=40 computing=0" "sleeping=0 computing=$(($(nproc) + 2))"; do
	insmod /lib/modules/tm_works.ko $works
	until [ "$(cat /sys/module/tm_works/parameters/begun)" -gt $(nproc) ]; do usleep 1000; done
	is "completes_beside_works_$(echo $works | tr -c 'a-z0-9\n' _)" '1
4' completes
	rmmod tm_works
done

put() { { echo $2 >$1; } 2>&1 | sed "s/.*: //"; }

# ---- the file signal ---------------------------------------------------------------------------------------
# A target is loaded during a transition, and a callback for this target sleeps.
cat /proc/klp_target_block >/dev/null &
sleeper=$!
asleep_in $sleeper target_block
start klp_any "objs=klp_target:target_block;klp_target_b:target_alpha" hold=klp_target_b wait=1
insmod /lib/modules/klp_target_b.ko &
loader=$!
asleep_in $loader any_pre_patch
is zero_is_accepted_and_does_nothing '0 0' 'set_file klp_any/signal 0; cat /proc/'$sleeper'/patch_state | tr "\n" " "; echo $?'
is signal_does_not_wait_for_a_callback 'kicked' 'set_file klp_any/signal 1; until_file_says /proc/'$sleeper'/patch_state 1; echo kicked'
# Reads do not wait for a task either. The same holds for writes of settings that no patch depends on.
is each_file_is_read_while_a_callback_sleeps 'all' \
	'find /sys/kernel/livepatch /sys/kernel/tracing /sys/module /proc/sys /proc/'$sleeper' -type f -perm -400 ! -name "*_pipe*" |
	 while read file; do cat $file >/dev/null 2>&1; done; echo all'
is stack_order_is_known_while_a_callback_sleeps '1' 'cat /sys/kernel/livepatch/klp_any/stack_order'
ok hooks_are_listed_while_a_callback_sleeps 'grep -q "^target_block .*I$" /sys/kernel/tracing/enabled_functions'
is a_check_is_answered_while_a_callback_sleeps '3' 'klp check klp_target:target_block >/dev/null; echo $?'
is hooks_are_not_switched_off_while_a_callback_sleeps 'Device or resource busy' 'put /proc/sys/kernel/ftrace_enabled 0'
is hooks_are_allowed_while_a_callback_sleeps '' 'put /proc/sys/kernel/ftrace_enabled 1'
is the_period_is_set_while_a_callback_sleeps '14000' 'period=/proc/sys/kernel/livepatch_signal_period_ms
	put $period 14000; cat $period; put $period 0'
is a_module_in_use_is_refused_while_a_callback_sleeps 'busy' 'rmmod klp_any 2>/dev/null || echo busy'
ok the_callback_still_sleeps 'grep -q " any_pre_patch+" /proc/'$loader'/stack'
echo 0 >/sys/module/klp_any/parameters/wait
wait $loader
settle klp_any
is signal_without_a_transition_is_refused 'Invalid argument' 'set_file klp_any/signal 1'
is zero_without_a_transition_is_accepted '' 'set_file klp_any/signal 0'
wait $sleeper
disable klp_any
unload klp_any
rmmod klp_target_b
rmmod klp_target

done_testing
