#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# klp, the command-line tool of live patching: each command, its output and its exit status.
# timeout: 120
. /tests/tap.sh
. /tests/klp.sh

status() { "$@" >/dev/null 2>&1; echo $?; }
CMDLINE=$(cat /proc/cmdline)

# ---- without a patch -----------------------------------------------------------------------------------
matches help_names_all_commands '*list*status*check*load*disable*unload*enable*wait*why*watch*timeline*signal*force*' 'klp --help'
matches help_of_a_command 'usage: klp load FILE*--deadline TIME*--else WHAT*reverse*' 'klp help load'
ok help_in_three_ways 'klp help >a; klp >b; klp -h >c; cmp a b && cmp a c'
is wrong_usage_is_status_2 '2 2 2 2 2' \
	'echo $(status klp fly x) $(status klp why) $(status klp why a b) $(status klp list x) $(status klp wait a --wait)'
is unknown_command_is_reported 'klp: no command "fly"
usage: klp COMMAND [NAME]; `klp help` lists the commands' 'klp fly 2>&1'
is missing_name_is_reported 'klp: why: which patch?
usage: klp COMMAND [NAME]; `klp help` lists the commands' 'klp why 2>&1'
matches unknown_option_is_reported 'klp: no option "--wiat" here*' 'klp disable x --wiat 2>&1'
matches option_of_another_command_is_reported 'klp: no option "--wait" here*' 'klp why x --wait 2>&1'
is wrong_values_are_status_2 '2 2 2 2 2' \
	'echo $(status klp load x --deadline) $(status klp load x --deadline soon) $(status klp load x --else force) $(status klp load x --deadline 1s --else pray) $(status klp check x --watch -1)'
matches missing_value_is_reported 'klp: option "--deadline" lacks a value*' 'klp load x --deadline 2>&1'
matches option_may_stand_first 'klp: nothing: no such patch*' 'klp disable --wait nothing 2>&1'
is status_reports_that_no_patch_is_loaded 'no patch is loaded' 'klp status'
matches list_shows_modules_at_hand 'no patch is loaded*modules in /lib/modules:*livepatch-sample.ko*' 'klp list'
is unknown_patch_is_status_1 '1 1 1 1 1 1 1' \
	'echo $(for c in enable disable unload wait why signal force; do status klp $c nothing; done)'
matches unknown_patch_is_reported 'klp: nothing: no such patch; `klp list`*' 'klp why nothing'
matches missing_file_is_reported 'klp: nothing.ko: No such file or directory' 'klp load nothing.ko'
matches wrong_file_is_reported 'klp: /etc/passwd: Exec format error: no module for this kernel*' 'klp load /etc/passwd'

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

# ---- before it is loaded ------------------------------------------------------------------------------------
is check_of_a_free_patch '0 nobody would keep the patch waiting now' 'echo $(status klp check livepatch-sample) $(klp check livepatch-sample)'
matches check_of_functions 'vmlinux no_such_function: no such function' 'klp check cmdline_proc_show vmlinux:no_such_function'
is check_that_fails_is_status_1 '1 1 1' 'echo $(status klp check no_such_function) $(status klp check nowhere:f) $(status klp check lx_busy)'
matches check_of_a_module_without_functions_is_reported 'klp: lx_busy: names no functions*' 'klp check lx_busy 2>&1'

# ---- a transition that is kept waiting ---------------------------------------------------------------------------
insmod /lib/modules/lx_busy.ko block=Y
release() { echo N >/sys/module/lx_busy/parameters/block; }
is load_does_not_wait 0 'status klp load lx_callbacks'
# A task that only runs may change over late; on a busy host this can also be the idle task of a CPU.
one_to_go() { until klp status | grep -q ' 1 task to go '; do usleep 1000; done; }
one_to_go
matches status_of_a_transition 'lx_callbacks*being applied, 1 task to go (`klp why lx_callbacks`)' 'klp status'
# The work function calls msleep() again and again, so most of the time its kernel thread is asleep.
ok why_names_task_and_function \
	'until klp why lx_callbacks | grep -q "^[0-9]* kworker/[0-9]* cpu [0-9]* D pending: asleep in lx_busy_work_func+0x.* ms$"; do usleep 1000; done'
matches why_says_what_to_do '*`klp signal lx_callbacks` asks those that sleep in state S to leave the kernel.' 'klp why lx_callbacks'
matches other_patches_wait 'klp: lx_basic: *busy: another transition runs*' 'klp load lx_basic'
is signal_is_sent '0 livepatch: signaling remaining tasks' 'scenario signal; echo $(status klp signal lx_callbacks) $(log_lines)'
is disable_reverses_the_transition 0 'status klp disable lx_callbacks --wait'
is reversed_patch_can_be_unloaded_at_once 0 'status klp unload lx_callbacks'

scenario forward
is wait_ends_when_the_task_has_left 0 'klp load lx_callbacks; (release) & status klp wait lx_callbacks; wait'
is patch_is_applied_after_the_wait 'lx_callbacks applied' 'klp status | xargs'
matches timeline_shows_the_steps_of_the_transition 'lx_callbacks: patching, complete after * ms, * tasks*step=init*callback=pre_patch object=vmlinux*step=complete*went by*asleep*' \
	'klp timeline lx_callbacks'
matches timeline_names_the_blocking_task '*kworker/* own-stack *  was in lx_busy_work_func+0x*' 'klp timeline'
is unload_after_the_wait 0 'status klp unload lx_callbacks'
matches timeline_of_the_disable 'lx_callbacks: unpatching, complete after * ms, *' 'klp timeline lx_callbacks'
ok timeline_as_a_page 'klp timeline --html >a; grep -q "^[0-9]* [0-9]* [0-9]* klp_flag comm=" a; tail -n 1 a | grep -q "</html>"'
ok timeline_as_trace_events 'klp timeline --json >a; head -n 1 a | grep -q traceEvents; tail -n 1 a | grep -q "^\]}"'
is timeline_of_nothing '1 klp: nothing: the kernel remembers no transition of it' 'echo $(status klp timeline nothing) $(klp timeline nothing 2>&1)'
is timeline_is_for_root 1 'su student -c "klp timeline" >/dev/null 2>&1; echo $?'
rmmod lx_busy; insmod /lib/modules/lx_busy.ko block=Y; klp load lx_callbacks
matches watch_until_the_end 'lx_callbacks: being applied, 1 task to go, 0.0 s*lx_callbacks: applied' 'one_to_go; klp watch lx_callbacks >a & until [ -s a ]; do usleep 1000; done; release; wait; cat a'
is watch_without_a_transition 'lx_callbacks: applied' 'klp watch lx_callbacks'
klp unload lx_callbacks
rmmod lx_busy

# The fake signal reaches a sleeper that can be woken, and the transition ends.
sleep 1000 &
sleeper=$!
until grep -q sleep_until_interruptible /proc/$sleeper/stack; do sh -c :; done
is signal_ends_the_transition '0 0 0' 'echo $(status klp load livepatch-blocked) $(status klp signal livepatch_blocked) $(status klp wait livepatch_blocked)'
is signal_after_the_deadline_ends_the_unload 0 'status klp unload livepatch_blocked --deadline 10ms --else signal'
matches check_names_the_sleeper "*$sleeper sleep cpu*S asleep in sleep_until_interruptible+0x* would keep the patch waiting now" \
	'klp check livepatch-blocked'
is check_of_a_blocked_patch_is_status_3 3 'status klp check livepatch-blocked'
matches watch_tells_the_longest_stay "vmlinux sleep_until_interruptible: in * looks, at most * at once; longest stay * ms (task *)*" \
	'klp check livepatch-blocked --watch 200ms'
matches deadline_is_status_3 '3 livepatch_blocked being applied, * to go (`klp why livepatch_blocked`)' \
	'echo $(status klp load livepatch-blocked --deadline 10ms) $(klp status)'
is reverse_after_the_deadline_removes_the_patch '3 no patch is loaded' 'echo $(status klp wait livepatch_blocked --deadline 10ms --else reverse) $(klp status)'
is module_can_be_unloaded_after_the_reversal 0 'status klp unload livepatch_blocked'
is deadline_signals '0 livepatch_blocked applied' \
	'echo $(status klp load livepatch-blocked --deadline 10ms --else signal) $(klp status)'
kill $sleeper
wait
is no_patch_is_left '0 no patch is loaded' 'echo $(status klp unload livepatch_blocked) $(klp status)'

# Force an enable: this direction costs nothing, because the old functions belong to the kernel and stay.
insmod /lib/modules/lx_busy.ko block=Y
is force_ends_the_transition '0 0 lx_callbacks applied' 'echo $(status klp load lx_callbacks) $(status klp force lx_callbacks) $(klp wait lx_callbacks; klp status)'
release
is forced_patch_can_be_taken_back 0 'status klp unload lx_callbacks'
rmmod lx_busy

done_testing
