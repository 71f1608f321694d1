#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Callbacks of live patches. An administrator loads, reverses and disables patches, and loads and unloads their targets.
# The log shows which callback runs, when, for which object, and in which state of the object's module.
# timeout: 180
. /tests/tap.sh
. /tests/klp.sh

# ---- targets are loaded, or are loaded and unloaded later -------------------------------------------
scenario loaded_target
load lx_mod
load lx_callbacks
disable lx_callbacks
unload lx_callbacks
unload lx_mod
log_is callbacks_of_a_loaded_target "% insmod lx_mod
lx_mod: lx_mod_init
% insmod lx_callbacks
livepatch: enabling patch 'lx_callbacks'
livepatch: 'lx_callbacks': initializing patching transition
lx_callbacks: pre_patch_callback: vmlinux
lx_callbacks: pre_patch_callback: lx_mod is live
livepatch: 'lx_callbacks': starting patching transition
livepatch: 'lx_callbacks': completing patching transition
lx_callbacks: post_patch_callback: vmlinux
lx_callbacks: post_patch_callback: lx_mod is live
livepatch: 'lx_callbacks': patching complete
% echo 0 > lx_callbacks/enabled
livepatch: 'lx_callbacks': initializing unpatching transition
lx_callbacks: pre_unpatch_callback: vmlinux
lx_callbacks: pre_unpatch_callback: lx_mod is live
livepatch: 'lx_callbacks': starting unpatching transition
livepatch: 'lx_callbacks': completing unpatching transition
lx_callbacks: post_unpatch_callback: vmlinux
lx_callbacks: post_unpatch_callback: lx_mod is live
livepatch: 'lx_callbacks': unpatching complete
% rmmod lx_callbacks
% rmmod lx_mod
lx_mod: lx_mod_exit"

# The lines of a patch whose only loaded object is the kernel.
alone_enabled()
{
	enabled_log $1 | sed "3i $1: pre_patch_callback: vmlinux
5i $1: post_patch_callback: vmlinux"
}
alone_disabled()
{
	disabled_log $1 | sed "2i $1: pre_unpatch_callback: vmlinux
4i $1: post_unpatch_callback: vmlinux"
}
# The target is loaded as well: each callback runs for both objects.
and_target() { sed "s/\(.*\): vmlinux\$/&\n\1: $1 is live/"; }

scenario coming_target
load lx_callbacks
load lx_mod
disable lx_callbacks
unload lx_callbacks
unload lx_mod
log_is callbacks_of_a_coming_target "% insmod lx_callbacks
$(alone_enabled lx_callbacks)
% insmod lx_mod
livepatch: applying patch 'lx_callbacks' to loading module 'lx_mod'
lx_callbacks: pre_patch_callback: lx_mod is coming
lx_callbacks: post_patch_callback: lx_mod is coming
lx_mod: lx_mod_init
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks | and_target lx_mod)
% rmmod lx_callbacks
% rmmod lx_mod
lx_mod: lx_mod_exit"

scenario going_target
load lx_mod
load lx_callbacks
unload lx_mod
disable lx_callbacks
unload lx_callbacks
log_is callbacks_of_a_going_target "% insmod lx_mod
lx_mod: lx_mod_init
% insmod lx_callbacks
$(alone_enabled lx_callbacks | and_target lx_mod)
% rmmod lx_mod
lx_mod: lx_mod_exit
lx_callbacks: pre_unpatch_callback: lx_mod is going
livepatch: reverting patch 'lx_callbacks' on unloading module 'lx_mod'
lx_callbacks: post_unpatch_callback: lx_mod is going
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks)
% rmmod lx_callbacks"

scenario coming_and_going_target
load lx_callbacks
load lx_mod
unload lx_mod
disable lx_callbacks
unload lx_callbacks
log_is callbacks_of_a_target_that_comes_and_goes "% insmod lx_callbacks
$(alone_enabled lx_callbacks)
% insmod lx_mod
livepatch: applying patch 'lx_callbacks' to loading module 'lx_mod'
lx_callbacks: pre_patch_callback: lx_mod is coming
lx_callbacks: post_patch_callback: lx_mod is coming
lx_mod: lx_mod_init
% rmmod lx_mod
lx_mod: lx_mod_exit
lx_callbacks: pre_unpatch_callback: lx_mod is going
livepatch: reverting patch 'lx_callbacks' on unloading module 'lx_mod'
lx_callbacks: post_unpatch_callback: lx_mod is going
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks)
% rmmod lx_callbacks"

scenario absent_target
load lx_callbacks
disable lx_callbacks
unload lx_callbacks
log_is no_callbacks_for_a_target_that_is_not_there "% insmod lx_callbacks
$(alone_enabled lx_callbacks)
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks)
% rmmod lx_callbacks"

# ---- pre_patch fails --------------------------------------------------------------------------------------
scenario refused_enable
load lx_mod
matches refusal_of_pre_patch_fails_insmod '*No such device*' 'try lx_callbacks pre_patch_ret=-19'
ok refused_patch_is_not_loaded '[ ! -e $KLP/lx_callbacks ] && [ ! -e /sys/module/lx_callbacks ]'
unload lx_mod
log_is log_of_a_refused_enable "% insmod lx_mod
lx_mod: lx_mod_init
% insmod lx_callbacks pre_patch_ret=-19
livepatch: enabling patch 'lx_callbacks'
livepatch: 'lx_callbacks': initializing patching transition
lx_callbacks: pre_patch_callback: vmlinux
livepatch: pre-patch callback failed for object 'vmlinux'
livepatch: failed to enable patch 'lx_callbacks'
livepatch: 'lx_callbacks': canceling patching transition, going to unpatch
livepatch: 'lx_callbacks': completing unpatching transition
livepatch: 'lx_callbacks': unpatching complete
% rmmod lx_mod
lx_mod: lx_mod_exit"

scenario refused_target
load lx_callbacks
is result_of_pre_patch_is_changed -19 'p=/sys/module/lx_callbacks/parameters/pre_patch_ret; echo -19 >$p; cat $p'
matches refusal_of_pre_patch_fails_the_targets_insmod '*No such device*' 'try lx_mod'
ok refused_target_is_not_loaded '[ ! -e /sys/module/lx_mod ]'
is patch_stays_when_it_refuses_a_target '1 0' 'echo $(get lx_callbacks/enabled) $(get lx_callbacks/lx_mod/patched)'
disable lx_callbacks
unload lx_callbacks
log_is log_of_a_refused_target "% insmod lx_callbacks
$(alone_enabled lx_callbacks)
% insmod lx_mod
livepatch: applying patch 'lx_callbacks' to loading module 'lx_mod'
lx_callbacks: pre_patch_callback: lx_mod is coming
livepatch: pre-patch callback failed for object 'lx_mod'
livepatch: patch 'lx_callbacks' failed for module 'lx_mod', refusing to load module 'lx_mod'
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks)
% rmmod lx_callbacks"

# ---- a target whose function is on a stack, and one whose function is on no stack -----------------------------
release() { say "% echo N > block"; echo N >/sys/module/lx_busy/parameters/block; }
# Waits until the work function has written its last line.
work_is_done() { until log_lines | grep -q 'work_func exit'; do usleep 5000; done; }

scenario idle_target
load lx_busy
load lx_mod
load lx_callbacks
unload lx_mod
disable lx_callbacks
unload lx_callbacks
unload lx_busy
log_is callbacks_of_two_modules "% insmod lx_busy
lx_busy: lx_busy_init
lx_busy: lx_busy_work_func enter
lx_busy: original step
lx_busy: lx_busy_work_func exit
% insmod lx_mod
lx_mod: lx_mod_init
% insmod lx_callbacks
$(alone_enabled lx_callbacks | and_target lx_busy | and_target lx_mod)
% rmmod lx_mod
lx_mod: lx_mod_exit
lx_callbacks: pre_unpatch_callback: lx_mod is going
livepatch: reverting patch 'lx_callbacks' on unloading module 'lx_mod'
lx_callbacks: post_unpatch_callback: lx_mod is going
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks | and_target lx_busy)
% rmmod lx_callbacks
% rmmod lx_busy
lx_busy: lx_busy_exit"

# The work function sleeps, so the transition waits. Another target is loaded and unloaded during the transition.
# Then the transition is reversed.
scenario busy_target
load lx_busy block=Y
start lx_callbacks
is transition_waits_for_the_work_function '1 1' 'echo $(get lx_callbacks/enabled) $(get lx_callbacks/transition)'
# The work function calls msleep() again and again, so most of the time its kernel thread is asleep.
ok blocker_is_the_kernel_thread_in_it \
	'until get lx_callbacks/blockers | grep -q " kworker/.* D pending: asleep in lx_busy_work_func+0x"; do usleep 1000; done'
# A busy machine lets the other tasks change over late.
ok only_one_task_blocks_in_the_end 'until [ "$(get lx_callbacks/blockers | wc -l)" = 1 ]; do usleep 1000; done'
is patch_state_finds_the_same_task "$(get lx_callbacks/blockers | cut -d' ' -f1)" \
	'for t in /proc/[0-9]*/task/[0-9]*; do [ "$(cat $t/patch_state 2>/dev/null)" != 0 ] || basename $t; done'
start lx_mod
unload lx_mod
disable lx_callbacks
unload lx_callbacks
release
work_is_done
unload lx_busy
log_is callbacks_of_a_transition_that_is_turned_round "% insmod lx_busy block=Y
lx_busy: lx_busy_init
lx_busy: lx_busy_work_func enter
% insmod lx_callbacks
livepatch: enabling patch 'lx_callbacks'
livepatch: 'lx_callbacks': initializing patching transition
lx_callbacks: pre_patch_callback: vmlinux
lx_callbacks: pre_patch_callback: lx_busy is live
livepatch: 'lx_callbacks': starting patching transition
% insmod lx_mod
livepatch: applying patch 'lx_callbacks' to loading module 'lx_mod'
lx_callbacks: pre_patch_callback: lx_mod is coming
lx_mod: lx_mod_init
% rmmod lx_mod
lx_mod: lx_mod_exit
livepatch: reverting patch 'lx_callbacks' on unloading module 'lx_mod'
lx_callbacks: post_unpatch_callback: lx_mod is going
% echo 0 > lx_callbacks/enabled
livepatch: 'lx_callbacks': reversing transition from patching to unpatching
livepatch: 'lx_callbacks': starting unpatching transition
livepatch: 'lx_callbacks': completing unpatching transition
lx_callbacks: post_unpatch_callback: vmlinux
lx_callbacks: post_unpatch_callback: lx_busy is live
livepatch: 'lx_callbacks': unpatching complete
% rmmod lx_callbacks
% echo N > block
lx_busy: original step
lx_busy: lx_busy_work_func exit
% rmmod lx_busy
lx_busy: lx_busy_exit"

# The same start, but then the work function returns: the transition completes without a further command.
scenario released_target
load lx_busy block=Y
start lx_callbacks
release
settle lx_callbacks
disable lx_callbacks
unload lx_callbacks
unload lx_busy
log_is callbacks_after_the_target_is_left "% insmod lx_busy block=Y
lx_busy: lx_busy_init
lx_busy: lx_busy_work_func enter
% insmod lx_callbacks
livepatch: enabling patch 'lx_callbacks'
livepatch: 'lx_callbacks': initializing patching transition
lx_callbacks: pre_patch_callback: vmlinux
lx_callbacks: pre_patch_callback: lx_busy is live
livepatch: 'lx_callbacks': starting patching transition
% echo N > block
lx_busy: original step
lx_busy: lx_busy_work_func exit
livepatch: 'lx_callbacks': completing patching transition
lx_callbacks: post_patch_callback: vmlinux
lx_callbacks: post_patch_callback: lx_busy is live
livepatch: 'lx_callbacks': patching complete
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks | and_target lx_busy)
% rmmod lx_callbacks
% rmmod lx_busy
lx_busy: lx_busy_exit"

# The patch replaces only the function that the work function calls next. No task is in that function, so the transition
# does not wait.
scenario callee
load lx_busy block=Y
load lx_step
release
work_is_done
disable lx_step
unload lx_step
unload lx_busy
log_is callee_of_a_busy_function_is_replaced_at_once "% insmod lx_busy block=Y
lx_busy: lx_busy_init
lx_busy: lx_busy_work_func enter
% insmod lx_step
$(enabled_log lx_step)
% echo N > block
lx_step: new step
lx_busy: lx_busy_work_func exit
% echo 0 > lx_step/enabled
$(disabled_log lx_step)
% rmmod lx_step
% rmmod lx_busy
lx_busy: lx_busy_exit"

# ---- two patches with callbacks ------------------------------------------------------------------------------
scenario two_patches
load lx_callbacks
load lx_callbacks2
disable lx_callbacks2
disable lx_callbacks
unload lx_callbacks2
unload lx_callbacks
log_is callbacks_of_two_patches "% insmod lx_callbacks
$(alone_enabled lx_callbacks)
% insmod lx_callbacks2
$(alone_enabled lx_callbacks2)
% echo 0 > lx_callbacks2/enabled
$(alone_disabled lx_callbacks2)
% echo 0 > lx_callbacks/enabled
$(alone_disabled lx_callbacks)
% rmmod lx_callbacks2
% rmmod lx_callbacks"

# No callback of the replaced patch runs, neither during the replace nor later.
scenario replaced
load lx_callbacks
load lx_callbacks2 replace=1
gone lx_callbacks
disable lx_callbacks2
unload lx_callbacks2
unload lx_callbacks
log_is replaced_patch_has_no_callbacks "% insmod lx_callbacks
$(alone_enabled lx_callbacks)
% insmod lx_callbacks2 replace=1
$(alone_enabled lx_callbacks2)
% echo 0 > lx_callbacks2/enabled
$(alone_disabled lx_callbacks2)
% rmmod lx_callbacks2
% rmmod lx_callbacks"

done_testing
