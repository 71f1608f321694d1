#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Live patching by the script of a Linux administrator: the modules (lx_*) are written for Linux. The test compares the
# files of /sys/kernel/livepatch and the lines of the kernel log, word for word and in order.
# timeout: 180
. /tests/tap.sh
. /tests/klp.sh

CMDLINE=$(cat /proc/cmdline)
VERSION=$(cat /proc/version)
# The numbers of meminfo change all the time; the first word stays the same.
meminfo() { head -n 1 /proc/meminfo | cut -d' ' -f1; }

# ---- one patch --------------------------------------------------------------------------------------
scenario one_patch
load lx_basic
is patched_file_says_something_else 'lx_basic: not what the boot loader said' 'cat /proc/cmdline'
is patch_is_enabled '1 0' 'echo $(get lx_basic/enabled) $(get lx_basic/transition)'
matches enabled_patch_cannot_be_unloaded '*Resource temporarily unavailable' 'rmmod lx_basic'
is kernel_is_tainted 32768 'echo $(($(cat /proc/sys/kernel/tainted) & 32768))'
disable lx_basic
unload lx_basic
is original_file_is_back "$CMDLINE" 'cat /proc/cmdline'
ok directory_is_gone '[ ! -e $KLP/lx_basic ] && [ ! -e /sys/module/lx_basic ]'
log_is log_of_one_patch "% insmod lx_basic
livepatch: enabling patch 'lx_basic'
livepatch: 'lx_basic': initializing patching transition
livepatch: 'lx_basic': starting patching transition
livepatch: 'lx_basic': completing patching transition
livepatch: 'lx_basic': patching complete
livepatch: module lx_basic is in use: its patch is enabled; write 0 to $KLP/lx_basic/enabled, and wait until that is gone (rmmod -w)
% echo 0 > lx_basic/enabled
livepatch: 'lx_basic': initializing unpatching transition
livepatch: 'lx_basic': starting unpatching transition
livepatch: 'lx_basic': completing unpatching transition
livepatch: 'lx_basic': unpatching complete
% rmmod lx_basic"

# ---- two patches ------------------------------------------------------------------------------------
scenario two_patches
load lx_basic
load lx_replace replace=0
is both_patches_are_active 'lx_basic: not what the boot loader said lx_replace: enough' 'echo $(cat /proc/cmdline) $(cat /proc/meminfo)'
disable lx_replace
unload lx_replace
is older_one_stays 'lx_basic: not what the boot loader said MemTotal:' 'echo $(cat /proc/cmdline) $(meminfo)'
disable lx_basic
unload lx_basic
log_is log_of_two_patches "% insmod lx_basic
$(enabled_log lx_basic)
% insmod lx_replace replace=0
$(enabled_log lx_replace)
% echo 0 > lx_replace/enabled
$(disabled_log lx_replace)
% rmmod lx_replace
% echo 0 > lx_basic/enabled
$(disabled_log lx_basic)
% rmmod lx_basic"

# ---- three patches, and a patch that replaces them ----------------------------------------------------
scenario replace
load lx_basic
load lx_target_patch
load lx_callbacks2
is last_patch_is_fourth 'lx_basic lx_callbacks2 lx_replace lx_target_patch' 'load lx_replace replace=0; echo $(ls $KLP)'
disable lx_replace
unload lx_replace
scenario replace
load lx_replace replace=1
until [ "$(ls $KLP)" = lx_replace ]; do usleep 1000; done
is only_the_new_patch_is_left '1 1 1' 'echo $(ls $KLP | wc -l) $(get lx_replace/replace) $(get lx_replace/stack_order)'
is functions_that_the_new_patch_leaves_out_are_original "$CMDLINE lx_replace: enough" 'echo "$(cat /proc/cmdline) $(cat /proc/meminfo)"'
for module in lx_basic lx_target_patch lx_callbacks2; do
	until [ "$(cat /sys/module/$module/refcnt)" = 0 ]; do usleep 1000; done
	ok replaced_module_${module}_can_go "unload $module"
done
is an_older_patch_can_be_loaded_again 'lx_basic: not what the boot loader said' 'load lx_basic; cat /proc/cmdline'
disable lx_basic
unload lx_basic
disable lx_replace
unload lx_replace
is all_functions_are_original "$CMDLINE MemTotal:" 'echo "$(cat /proc/cmdline) $(meminfo)"'
log_is log_of_a_replace "% insmod lx_replace replace=1
$(enabled_log lx_replace)
% rmmod lx_basic
% rmmod lx_target_patch
% rmmod lx_callbacks2
% insmod lx_basic
$(enabled_log lx_basic)
% echo 0 > lx_basic/enabled
$(disabled_log lx_basic)
% rmmod lx_basic
% echo 0 > lx_replace/enabled
$(disabled_log lx_replace)
% rmmod lx_replace"

# ---- files ------------------------------------------------------------------------------------------
scenario files
mode() { ls -ld $KLP/$1 | cut -c1-10; }
load lx_target_patch
is modes_of_files 'drwxr-xr-x -rw-r--r-- --w------- -r--r--r-- -r--r--r-- -r--r--r-- -r--r--r-- drwxr-xr-x' \
	'd=lx_target_patch; echo $(for f in . enabled force replace transition stack_order lx_target/patched lx_target/lx_target_show,1; do mode $d/$f; done)'
is patched_follows_its_module '0 1 0' 'a=$(get lx_target_patch/lx_target/patched); start lx_target; b=$(get lx_target_patch/lx_target/patched)
	unload lx_target; echo $a $b $(get lx_target_patch/lx_target/patched)'
load lx_basic
load lx_replace replace=0
order() { echo $(for p in lx_target_patch lx_basic lx_replace; do [ -e $KLP/$p ] && get $p/stack_order; done); }
is stack_order_counts_from_the_oldest '1 2 3' order
disable lx_basic
is stack_order_closes_the_gap '1 2' order
unload lx_basic
is replace_shows_which_patch_replaces '0 0' 'echo $(get lx_target_patch/replace) $(get lx_replace/replace)'
for p in lx_replace lx_target_patch; do disable $p; unload $p; done
log_is log_of_a_module_that_comes_and_goes "% insmod lx_target_patch
$(enabled_log lx_target_patch)
% insmod lx_target
livepatch: applying patch 'lx_target_patch' to loading module 'lx_target'
% rmmod lx_target
livepatch: reverting patch 'lx_target_patch' on unloading module 'lx_target'
% insmod lx_basic
$(enabled_log lx_basic)
% insmod lx_replace replace=0
$(enabled_log lx_replace)
% echo 0 > lx_basic/enabled
$(disabled_log lx_basic)
% rmmod lx_basic
% echo 0 > lx_replace/enabled
$(disabled_log lx_replace)
% rmmod lx_replace
% echo 0 > lx_target_patch/enabled
$(disabled_log lx_target_patch)
% rmmod lx_target_patch"

# ---- a module's function: the target is loaded first, or the patch --------------------------------------
scenario target_first
load lx_target
is module_is_original 'lx_target: original output' 'cat /proc/lx_target'
load lx_target_patch
is patch_of_a_loaded_module 'lx_target_patch: patched output' 'cat /proc/lx_target'
disable lx_target_patch
is module_is_original_again 'lx_target: original output' 'cat /proc/lx_target'
unload lx_target_patch
unload lx_target
load lx_target_patch
load lx_target
is patch_waits_for_its_module 'lx_target_patch: patched output' 'cat /proc/lx_target'
unload lx_target
load lx_target
is patch_is_there_each_time 'lx_target_patch: patched output' 'cat /proc/lx_target'
disable lx_target_patch
unload lx_target_patch
is module_outlives_its_patch 'lx_target: original output' 'cat /proc/lx_target'
unload lx_target

# ---- delayed works, and a leak that is repaired while they run ---------------------------------------------
scenario delayed
counts() { cat /proc/lx_delayed; }
# Waits until the module has also dropped an item that is made after this call.
turn_over() { set -- $(counts); until [ "$(counts | cut -d' ' -f2)" -gt $1 ]; do usleep 5000; done; }
load lx_delayed
turn_over
load lx_delayed_fix
turn_over
disable lx_delayed_fix
unload lx_delayed_fix
ok module_goes_on_after_its_patch turn_over
unload lx_delayed
log_is log_of_the_repaired_leak "% insmod lx_delayed
% insmod lx_delayed_fix
$(enabled_log lx_delayed_fix)
% echo 0 > lx_delayed_fix/enabled
$(disabled_log lx_delayed_fix | sed '$d')
lx_delayed_fix: all notes freed, some with their items
livepatch: 'lx_delayed_fix': unpatching complete
% rmmod lx_delayed_fix
% rmmod lx_delayed"

# ---- hooks switched off ----------------------------------------------------------------------------------
scenario hooks_off
ftrace() { say "% echo $1 > ftrace_enabled"; (echo $1 >/proc/sys/kernel/ftrace_enabled) 2>&1 | sed 's/.*: //'; }
ftrace 0
matches patch_needs_hooks '*busy*' 'try lx_basic'
is nothing_is_patched_without_hooks "$CMDLINE" 'cat /proc/cmdline'
ftrace 1
load lx_basic
matches hooks_stay_while_a_patch_uses_them '*esource busy' 'ftrace 0'
is hooks_are_still_on 1 'cat /proc/sys/kernel/ftrace_enabled'
is patch_stays_active 'lx_basic: not what the boot loader said' 'cat /proc/cmdline'
disable lx_basic
unload lx_basic
log_is log_with_hooks_switched_off "% echo 0 > ftrace_enabled
% insmod lx_basic
livepatch: enabling patch 'lx_basic'
livepatch: 'lx_basic': initializing patching transition
livepatch: failed to register ftrace handler for function 'cmdline_proc_show' (-16)
livepatch: failed to patch object 'vmlinux'
livepatch: failed to enable patch 'lx_basic'
livepatch: 'lx_basic': canceling patching transition, going to unpatch
livepatch: 'lx_basic': completing unpatching transition
livepatch: 'lx_basic': unpatching complete
% echo 1 > ftrace_enabled
% insmod lx_basic
$(enabled_log lx_basic)
% echo 0 > ftrace_enabled
% echo 0 > lx_basic/enabled
$(disabled_log lx_basic)
% rmmod lx_basic"

# ---- a system call under load ------------------------------------------------------------------------------
scenario getpid
start_hammers()
{
	pids=
	for i in $(seq $(nproc)); do
		/tests/getpid_forever &
		pids=${pids:+$pids,}$!
	done
}
stop_hammers() { kill $(echo $pids | tr , ' '); wait; }
start_hammers
load lx_getpid pids=$pids
is all_processes_arrive_in_the_new_function 0 'until [ "$(cat /sys/kernel/lx_getpid/npids)" = 0 ]; do usleep 1000; done; cat /sys/kernel/lx_getpid/npids'
stop_hammers
disable lx_getpid
unload lx_getpid
log_is log_of_a_patched_system_call "% insmod lx_getpid pids=$pids
$(enabled_log lx_getpid)
% echo 0 > lx_getpid/enabled
$(disabled_log lx_getpid)
% rmmod lx_getpid"

# ---- probes ----------------------------------------------------------------------------------------------------
scenario probe
counts() { echo $(cd /sys/module/lx_kprobe/parameters; cat before after); }
PATCHED='lx_basic: not what the boot loader said'
load lx_kprobe
is probe_runs_before_and_after "$CMDLINE 1 1" 'echo "$(cat /proc/cmdline) $(counts)"'
matches exclusive_probe_refuses_a_patch '*busy*' 'try lx_basic'
is refused_patch_leaves_the_probe "$CMDLINE 2 2" 'echo "$(cat /proc/cmdline) $(counts)"'
unload lx_kprobe
load lx_kprobe has_post_handler=0
load lx_basic
is patch_and_probe_share_a_function "$PATCHED 1 0" 'echo "$(cat /proc/cmdline) $(counts)"'
disable lx_basic
unload lx_basic
is probe_outlives_the_patch "$CMDLINE 2 0" 'echo "$(cat /proc/cmdline) $(counts)"'
unload lx_kprobe
load lx_basic
matches patch_refuses_an_exclusive_probe '*busy*' 'try lx_kprobe'
load lx_kprobe has_post_handler=0
is probe_of_a_patched_function "$PATCHED 1 0" 'echo "$(cat /proc/cmdline) $(counts)"'
unload lx_kprobe
is patch_outlives_the_probe "$PATCHED" 'cat /proc/cmdline'
disable lx_basic
unload lx_basic
is original_without_probe_and_patch "$CMDLINE" 'cat /proc/cmdline'
log_is log_of_probes_and_patches "% insmod lx_kprobe
% insmod lx_basic
livepatch: enabling patch 'lx_basic'
livepatch: 'lx_basic': initializing patching transition
livepatch: failed to register ftrace handler for function 'cmdline_proc_show' (-16)
livepatch: failed to patch object 'vmlinux'
livepatch: failed to enable patch 'lx_basic'
livepatch: 'lx_basic': canceling patching transition, going to unpatch
livepatch: 'lx_basic': completing unpatching transition
livepatch: 'lx_basic': unpatching complete
% rmmod lx_kprobe
% insmod lx_kprobe has_post_handler=0
% insmod lx_basic
$(enabled_log lx_basic)
% echo 0 > lx_basic/enabled
$(disabled_log lx_basic)
% rmmod lx_basic
% rmmod lx_kprobe
% insmod lx_basic
$(enabled_log lx_basic)
% insmod lx_kprobe
% insmod lx_kprobe has_post_handler=0
% rmmod lx_kprobe
% echo 0 > lx_basic/enabled
$(disabled_log lx_basic)
% rmmod lx_basic"
matches probe_of_a_module_keeps_it '*unavailable*' 'load lx_target; load lx_kprobe symbol=lx_target:lx_target_show; rmmod lx_target 2>&1'
is probe_of_a_modules_function 'lx_target: original output 1 1' 'echo $(cat /proc/lx_target) $(counts); unload lx_kprobe; unload lx_target'
matches probe_of_nothing '*No such file*' 'try lx_kprobe symbol=no_such_function'
matches probe_without_a_slot '*Invalid argument*' 'try lx_kprobe symbol=klp_update_patch_state'

# A probe and a patch are set and removed while every CPU calls the function.
start_hammers
load lx_kprobe symbol=__x64_sys_getpid has_post_handler=0
is probed_call_is_patched_under_load '0 0 0 0 0' 'for i in 1 2 3 4 5; do load lx_getpid pids=$pids
	until [ "$(cat /sys/kernel/lx_getpid/npids)" = 0 ]; do usleep 1000; done; cat /sys/kernel/lx_getpid/npids
	disable lx_getpid; unload lx_getpid; done | xargs'
unload lx_kprobe
is probes_come_and_go_under_load 0 'for i in 1 2 3 4 5; do load lx_kprobe symbol=__x64_sys_getpid
	until [ "$(cat /sys/module/lx_kprobe/parameters/after)" -gt 0 ]; do usleep 1000; done; unload lx_kprobe; done; echo $?'
stop_hammers

# ---- system states ---------------------------------------------------------------------------------------------
level() { cut -f1 /proc/sys/kernel/printk; }
LEVEL=$(level)

# state_enabled MODULE PREPARE CHANGE: the log lines of a transition, with the lines of the callbacks
state_enabled()
{
	enabled_log $1 | sed "3i $1: pre_patch_callback\\n$1: allocate_state: $2
5i $1: post_patch_callback\\n$1: change_level: $3"
}
state_disabled()
{
	disabled_log $1 | sed "2i $1: pre_unpatch_callback\\n$1: restore_level: the old level again
4i $1: post_unpatch_callback\\n$1: free_state: space freed"
}

scenario state
load lx_state
is state_is_changed 15 level
disable lx_state
is state_is_restored "$LEVEL" level
unload lx_state
log_is log_of_a_state "% insmod lx_state
livepatch: enabling patch 'lx_state'
livepatch: 'lx_state': initializing patching transition
lx_state: pre_patch_callback
lx_state: allocate_state: space for the old level
livepatch: 'lx_state': starting patching transition
livepatch: 'lx_state': completing patching transition
lx_state: post_patch_callback
lx_state: change_level: everything is printed now
livepatch: 'lx_state': patching complete
% echo 0 > lx_state/enabled
livepatch: 'lx_state': initializing unpatching transition
lx_state: pre_unpatch_callback
lx_state: restore_level: the old level again
livepatch: 'lx_state': starting unpatching transition
livepatch: 'lx_state': completing unpatching transition
lx_state: post_unpatch_callback
lx_state: free_state: space freed
livepatch: 'lx_state': unpatching complete
% rmmod lx_state"

scenario state_taken_over
load lx_state
load lx_state2
gone lx_state
unload lx_state
is state_stays_during_the_take_over 15 level
disable lx_state2
is state_is_what_it_was_before_the_first "$LEVEL" level
unload lx_state2
log_is log_of_a_higher_version "% insmod lx_state
$(state_enabled lx_state 'space for the old level' 'everything is printed now')
% insmod lx_state2
$(state_enabled lx_state2 'version 1 has the space' 'taken over from version 1')
% rmmod lx_state
% echo 0 > lx_state2/enabled
$(state_disabled lx_state2)
% rmmod lx_state2"

scenario state_same_version
load lx_state2
load lx_state3
gone lx_state2
unload lx_state2
load lx_state2
gone lx_state3
unload lx_state3
matches lower_version_is_refused '*Invalid argument*' 'try lx_state'
is refused_patch_changes_nothing 15 level
disable lx_state2
is state_goes_back_over_three_owners "$LEVEL" level
unload lx_state2
log_is log_of_the_same_version_and_a_lower_one "% insmod lx_state2
$(state_enabled lx_state2 'space for the old level' 'everything is printed now')
% insmod lx_state3
$(state_enabled lx_state3 'version 2 has the space' 'taken over from version 2')
% rmmod lx_state2
% insmod lx_state2
$(state_enabled lx_state2 'version 2 has the space' 'taken over from version 2')
% rmmod lx_state3
% insmod lx_state
livepatch: Livepatch patch (lx_state) is not compatible with the already installed livepatches.
% echo 0 > lx_state2/enabled
$(state_disabled lx_state2)
% rmmod lx_state2"

# ---- messages about tasks that could not change over --------------------------------------------------
CONTROL=/sys/kernel/debug/dynamic_debug/control
looks() { log_since | grep -c "^livepatch: klp_try_switch_task: sleep:$sleeper is sleeping on function sleep_until_interruptible$"; }
blocked_patch()
{
	sleep 1000 &
	sleeper=$!
	until grep -q sleep_until_interruptible /proc/$sleeper/stack; do usleep 1000; done
	start livepatch-blocked
	kill $sleeper
	wait $sleeper 2>/dev/null
	settle livepatch_blocked
	{ echo 0 >$KLP/livepatch_blocked/enabled; } && echo 1 >$KLP/livepatch_blocked/signal 2>/dev/null
	gone livepatch_blocked
	unload livepatch_blocked
}

scenario messages_off
blocked_patch 2>/dev/null
is messages_about_tasks_are_off 0 looks
matches control_shows_that_messages_are_off '*klp_try_switch_task =_ *' 'cat $CONTROL'
scenario messages_on
echo 'file kernel/livepatch/* +p' >$CONTROL
blocked_patch 2>/dev/null
is messages_about_tasks_can_be_asked_for 1 'n=$(looks); echo $((n > 0))'
matches control_shows_that_messages_are_on '*klp_try_switch_task =p *' 'cat $CONTROL'
scenario messages_off_again
printf 'file kernel/livepatch/* +p\nfunc klp_try_switch_task -p\n' >$CONTROL
blocked_patch 2>/dev/null
is messages_about_tasks_are_off_again 0 looks
is queries_for_others_change_nothing '=_' 'echo "func nosuch +p" >$CONTROL; grep -o "=[_p]" $CONTROL'
is wrong_queries_are_refused 1 '{ echo "func klp_try_switch_task" >$CONTROL; } 2>/dev/null; echo $?'

done_testing
