#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The function graph tracer: its text, and stacks with hooked returns. Such a stack is as good as any other: /proc shows
# the true functions, and a look of a transition is exact. Calls that end without a return work as well: by death, exec,
# a new process, or a signal.
# timeout: 120
. /tests/tap.sh
. /tests/klp.sh

T=/sys/kernel/tracing
reset() { echo nop >$T/current_tracer; echo >$T/set_ftrace_filter; echo >$T/set_ftrace_notrace; echo 0 >$T/max_graph_depth; echo 1 >$T/tracing_on; >$T/trace; }
graph() { reset; for f in "$@"; do echo "$f" >>$T/set_ftrace_filter; done; echo function_graph >$T/current_tracer; }
asleep_in() { until grep -q " $2+" /proc/$1/stack; do usleep 1000; done; }
# Prints the recorded lines without the CPU and the times, the lines about task switches, and blank lines.
lines() { echo 0 >$T/tracing_on; grep '|  ' $T/trace | grep -v '^#' | sed 's/^[^|]*|  //'; }

# ---- text ---------------------------------------------------------------------------------------------------------
graph cmdline_proc_show
is a_call_is_a_line 'cmdline_proc_show();' 'cat /proc/cmdline >/dev/null; lines'
is the_head_is_that_of_linux '# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |' 'head -n 4 $T/trace'
graph cmdline_proc_show kernfs_read seq_puts
is a_call_with_calls_in_it_has_braces 'kernfs_read() {
  cmdline_proc_show() {
    seq_puts();
  }
}' 'cat /proc/cmdline >/dev/null; lines | head -n 5'
graph cmdline_proc_show kernfs_read seq_puts
is depth_can_be_limited 'kernfs_read() {
  cmdline_proc_show();
}' 'echo 2 >$T/max_graph_depth; cat /proc/cmdline >/dev/null; lines | head -n 3'
graph __x64_sys_clock_nanosleep
ok a_long_call_is_marked 'usleep 20000; grep "^ *[0-9]*) [*@$] [0-9.]* us *|  __x64_sys_clock_nanosleep();" $T/trace || { cat $T/trace; false; }'
graph cmdline_proc_show
ok events_stand_between_as_comments 'echo raw_syscalls:sys_enter >$T/set_event; cat /proc/cmdline >/dev/null; echo >$T/set_event; lines | grep "^/\* sys_enter: NR [0-9]* (.*) \*/"'
is a_return_without_its_call_names_itself '} /* __x64_sys_clock_nanosleep */' 'exec 2>/dev/null; graph __x64_sys_clock_nanosleep; sleep 1000 & asleep_in $! sleep_until_interruptible; >$T/trace; kill $!; wait $!; lines | tail -n 1'

# ---- stacks ---------------------------------------------------------------------------------------------------------
# Tasks that sleep with hooked returns on their stacks, in a test function that a patch can replace.
insmod /lib/modules/klp_target.ko
sleeper() { cat /proc/klp_target_block >$tap_home/said & sleeper=$!; asleep_in $sleeper target_block; }
functions() { sed 's/.* //; s/+.*//' /proc/$1/stack | xargs; }
end() { cat /proc/klp_target_release; wait $sleeper; }
sleeper
plain=$(functions $sleeper)
end
graph
sleeper
is a_hooked_stack_is_shown_as_it_is "$plain" "functions $sleeper"
reset
is the_stack_is_the_same_when_the_tracer_is_gone "$plain" "functions $sleeper"
end
is the_sleeper_returns_when_the_tracer_is_gone 4 'cat $tap_home/said'

# The patch waits for the sleeper, and for other tasks only until they change over. Then the transition completes.
blocks() { until grep -q "^$sleeper .* pending: .* target_block+" $KLP/klp_any/blockers; do usleep 1000; done; sed 's/.*pending: //; s/+.*//' $KLP/klp_any/blockers; }
for turns in function_graph 'function_graph nop' 'function_graph function' 'function_graph nop function_graph'; do
	name=$(echo $turns | tr ' ' _)
	reset
	echo function_graph >$T/current_tracer
	sleeper
	for t in $turns; do echo $t >$T/current_tracer; done
	start klp_any objs=klp_target:target_block
	ok "the_sleeper_blocks_$name" blocks
	is "no_stack_is_unreliable_$name" 0 'grep -c unreliable $KLP/klp_any/blockers'
	is "the_sleeper_has_not_changed_over_$name" 0 'cat /proc/'$sleeper'/patch_state'
	end
	is "the_old_function_has_answered_$name" 4 'cat $tap_home/said'
	settle klp_any
	is "the_patch_arrives_$name" '1 0' 'echo $(get klp_any/enabled) $(get klp_any/transition)'
	disable klp_any
	unload klp_any
done
# The patched function is not on the sleeper's stack, so the sleeper changes over in its sleep.
graph
sleeper
load livepatch-sample
is a_hooked_sleeper_changes_over_asleep '1' 'echo 1 >$T/tracing_on; klp timeline livepatch_sample | grep -c "asleep.* '$sleeper'\|'$sleeper' .*asleep"'
disable livepatch_sample
unload livepatch_sample
end
rmmod klp_target

# ---- what does not return --------------------------------------------------------------------------------------------------------
graph
is processes_come_and_go 100 'n=0; while [ $n -lt 100 ]; do /bin/true & wait $!; n=$((n + 1)); done; echo $n'
is threads_of_a_pipe_end 10000 'yes | head -n 10000 | wc -l'
is a_signal_ends_a_sleep 142 'exec 2>/dev/null; sleep 1000 & asleep_in $! sleep_until_interruptible; kill -ALRM $!; wait $!; echo $?'
is a_sleep_is_restarted 143 'exec 2>/dev/null; sleep 1000 & asleep_in $! sleep_until_interruptible; kill -STOP $!
	until grep -q "^State:.T" /proc/$!/status; do usleep 1000; done; kill -CONT $!; asleep_in $! sleep_until_interruptible; kill $!; wait $!; echo $?'
is an_open_is_interrupted 143 'exec 2>/dev/null; mkfifo f; cat f & kill $!; wait $!; echo $?'
ok patches_come_and_go 'for i in 1 2 3; do klp load livepatch-sample --wait && klp unload livepatch_sample || exit; done'
ok modules_come_and_go 'for i in 1 2 3; do insmod /lib/modules/klp_target.ko && cat /proc/klp_target_alpha >/dev/null; rmmod klp_target || exit; done'
is the_tracer_comes_and_goes_below_all_of_it '' 'for i in $(seq 20); do /bin/true & echo nop >$T/current_tracer; /bin/true & echo function_graph >$T/current_tracer; done 2>&1; wait'
reset
is no_hook_is_left 0 'grep -c . $T/enabled_functions'
done_testing
