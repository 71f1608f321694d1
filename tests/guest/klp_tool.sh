#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# klp, the command line of live patching: each command, what it says, and its exit status.
# timeout: 120
. /tests/tap.sh
. /tests/klp.sh

status() { "$@" >/dev/null 2>&1; echo $?; }
CMDLINE=$(cat /proc/cmdline)

# ---- without a patch -----------------------------------------------------------------------------------
matches help_names_all_commands '*list*status*load*disable*unload*enable*wait*why*signal*force*' 'klp --help'
ok help_in_three_ways 'klp help >a; klp >b; klp -h >c; cmp a b && cmp a c'
is wrong_usage_is_status_2 '2 2 2 2 2' \
	'echo $(status klp fly x) $(status klp why) $(status klp why a b) $(status klp list x) $(status klp wait a --wait)'
is unknown_command_is_said 'klp: no command "fly"
usage: klp COMMAND [NAME]; `klp help` lists the commands' 'klp fly 2>&1'
is missing_name_is_said 'klp: why: which patch?
usage: klp COMMAND [NAME]; `klp help` lists the commands' 'klp why 2>&1'
matches unknown_option_is_said 'klp: no option "--wiat" here*' 'klp disable x --wiat 2>&1'
matches option_of_another_command_is_said 'klp: no option "--wait" here*' 'klp why x --wait 2>&1'
matches option_may_stand_first 'klp: nothing: no such patch*' 'klp disable --wait nothing 2>&1'
is no_patch_is_said 'no patch is loaded' 'klp status'
matches list_shows_modules_at_hand 'no patch is loaded*modules in /lib/modules:*livepatch-sample.ko*' 'klp list'
is unknown_patch_is_status_1 '1 1 1 1 1 1 1' \
	'echo $(for c in enable disable unload wait why signal force; do status klp $c nothing; done)'
matches unknown_patch_is_said 'klp: nothing: no such patch; `klp list`*' 'klp why nothing'
matches missing_file_is_said 'klp: nothing.ko: No such file or directory' 'klp load nothing.ko'
matches wrong_file_is_said 'klp: /etc/passwd: Exec format error: no module for this kernel*' 'klp load /etc/passwd'

# ---- one patch ---------------------------------------------------------------------------------------------
is load_by_path '0 livepatch_sample: this has been live patched' 'echo $(status klp load /lib/modules/livepatch-sample.ko --wait) $(cat /proc/cmdline)'
is status_of_a_patch 'livepatch_sample applied' 'klp status | xargs'
matches list_shows_its_functions 'livepatch_sample*applied
    vmlinux
        cmdline_proc_show,1
modules*' 'klp list'
is nothing_blocks 'livepatch_sample: applied; no transition runs' 'klp why livepatch-sample.ko'
is wait_of_a_settled_patch_ends 0 'status klp wait livepatch_sample'
matches loaded_twice 'klp: livepatch-sample: File exists: it is loaded already*' 'klp load livepatch-sample'
matches enabled_twice 'klp: livepatch_sample: Invalid argument: it is in that state already*' 'klp enable livepatch_sample'
matches signal_needs_a_transition 'klp: livepatch_sample: no transition of this patch runs' 'klp signal livepatch_sample'
matches force_needs_a_transition 'klp: livepatch_sample: no transition of this patch runs' 'klp force livepatch_sample'
is disable_and_wait_lets_the_module_go '0 0' 'echo $(status klp disable livepatch_sample --wait) $(cat /sys/module/livepatch_sample/refcnt)'
is unload_of_a_disabled_patch 0 'status klp unload livepatch_sample'
is unload_does_all '0 0 1' 'echo $(status klp load livepatch-sample.ko --wait) $(status klp unload livepatch-sample.ko) $(status test -e /sys/module/livepatch_sample)'
is original_is_back "$CMDLINE" 'cat /proc/cmdline'
is parameters_reach_the_module 1 'klp load lx_replace replace=1 --wait; get lx_replace/replace; klp unload lx_replace'

# ---- a transition that is kept waiting ---------------------------------------------------------------------------
insmod /lib/modules/lx_busy.ko block=Y
release() { echo N >/sys/module/lx_busy/parameters/block; }
is load_does_not_wait 0 'status klp load lx_callbacks'
matches status_of_a_transition 'lx_callbacks*being applied, 1 task to go (`klp why lx_callbacks`)' 'klp status'
# It msleep()s again and again: most of the time it is asleep.
ok why_names_task_and_function \
	'until klp why lx_callbacks | grep -q "^[0-9]* kworker/[0-9]* cpu [0-9]* D pending: asleep in lx_busy_work_func+0x.* ms$"; do usleep 1000; done'
matches why_says_what_to_do '*`klp signal lx_callbacks` asks those that sleep in state S to leave the kernel.' 'klp why lx_callbacks'
matches other_patches_wait 'klp: lx_basic: *busy: another transition runs*' 'klp load lx_basic'
is signal_is_sent '0 livepatch: signaling remaining tasks' 'echo $(status klp signal lx_callbacks) $(dmesg | tail -n 1 | sed "s/^[^]]*\] //")'
is disable_turns_it_round 0 'status klp disable lx_callbacks --wait'
is it_can_be_unloaded_at_once 0 'status klp unload lx_callbacks'

scenario forward
is wait_ends_when_the_task_has_left 0 'klp load lx_callbacks; (release) & status klp wait lx_callbacks; wait'
is then_it_is_applied 'lx_callbacks applied' 'klp status | xargs'
is unload_after_the_wait 0 'status klp unload lx_callbacks'
rmmod lx_busy

# The fake signal reaches a sleeper that can be woken, and the transition ends.
sleep 1000 &
sleeper=$!
until grep -q sleep_until_interruptible /proc/$sleeper/stack; do sh -c :; done
is signal_ends_it '0 0 0' 'echo $(status klp load livepatch-blocked) $(status klp signal livepatch_blocked) $(status klp wait livepatch_blocked)'
kill $sleeper
wait
is all_is_taken_back '0 no patch is loaded' 'echo $(status klp unload livepatch_blocked) $(klp status)'

# Force, in the direction that costs nothing: the old functions are the kernel's own, and stay.
insmod /lib/modules/lx_busy.ko block=Y
is force_ends_it '0 0 lx_callbacks applied' 'echo $(status klp load lx_callbacks) $(status klp force lx_callbacks) $(klp wait lx_callbacks; klp status)'
release
is forced_patch_can_be_taken_back 0 'status klp unload lx_callbacks'
rmmod lx_busy

done_testing
