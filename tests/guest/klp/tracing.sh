#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# /sys/kernel/tracing: the files that scripts for Linux use, the contents of these files, and the lines of a trace.
# timeout: 120
. /tests/tap.sh

T=/sys/kernel/tracing
cd $T
reset() { echo 1 >$T/tracing_on; echo >$T/set_event; >$T/trace; }
lines() { grep -vc '^#' $T/trace; }
# Runs a command as a child, and traces it from its fork to its exit.
run() { reset; echo "$1" >$T/set_event; shift; "$@" >/dev/null 2>&1; echo >$T/set_event; }

reset
is tracing_is_on_and_no_event_is '1 0' 'echo $(cat $T/tracing_on) $(cat $T/events/enable)'
is no_event_is_recorded 0 'ls / >/dev/null; lines'
matches events_are_listed '*sched:sched_switch*' 'cat $T/available_events'
ok each_event_has_its_files \
	'for e in $(cat $T/available_events); do d=$T/events/${e%:*}/${e#*:}; [ -f $d/enable -a -f $d/format -a -f $d/id ] || exit 1; done'
is ids_are_unique '' 'cat $T/events/*/*/id | sort | uniq -d'
is a_format_tells_where_fields_are '	field:pid_t next_pid;	offset:56;	size:4;	signed:1;' 'grep next_pid\; $T/events/sched/sched_switch/format'

# ---- switches --------------------------------------------------------------------------------------------
is an_event_alone '1 X X' 'echo 1 >$T/events/sched/sched_switch/enable; echo $(cat $T/events/sched/sched_switch/enable $T/events/sched/enable $T/events/enable)'
is a_system '1 1' 'echo 1 >$T/events/sched/enable; echo $(cat $T/events/sched/sched_wakeup/enable $T/events/sched/enable)'
is all_events '1 0' 'echo 1 >$T/events/enable; a=$(cat $T/events/enable); echo 0 >$T/events/enable; echo $a $(cat $T/events/enable)'
is set_event_sets_an_event 'sched:sched_switch' 'reset; echo sched:sched_switch >$T/set_event; cat $T/set_event'
is set_event_adds_systems '2' 'reset; echo signal:signal_generate >$T/set_event; echo "raw_syscalls:sys_exit" >>$T/set_event; wc -l <$T/set_event'
is set_event_removes_an_event '1' 'reset; echo "raw_syscalls:*" >$T/set_event; echo "!sys_exit" >>$T/set_event; wc -l <$T/set_event'
is set_event_is_emptied '0' 'reset; wc -l <$T/set_event'
ok an_unknown_event_is_refused '! echo nothing:at_all >$T/set_event'
ok a_wrong_switch_is_refused '! echo 2 >$T/events/sched/enable'

# ---- what is traced ------------------------------------------------------------------------------------------
matches calls_with_their_numbers '*sys_enter: NR 231 (0, *' 'run raw_syscalls: /bin/true; cat $T/trace'
matches a_life_from_fork_to_exit '*sched_process_fork: comm=*sched_process_exec: filename=*true*sched_process_exit: comm=true*' \
	'run sched: /bin/true; cat $T/trace'
matches switches_and_wakeups '*sched_w*sched_switch: prev_comm=* prev_state=* ==> next_comm=* next_prio=120*' 'run sched: /bin/true; cat $T/trace'
matches signals '*signal_generate: sig=10 errno=0 code=0 comm=tracing*signal_deliver: sig=10 errno=0 code=0*' \
	'reset; trap : USR1; echo signal: >$T/set_event; sh -c "kill -USR1 \$PPID"; echo >$T/set_event; cat $T/trace'
matches server_calls_with_their_time '*call_begin: server=ramfs*call_end: server=ramfs*duration=*ns*' 'run ipc: ls /bin; cat $T/trace'
matches page_faults '*page_fault_user: address=0x*' 'run exceptions: /bin/true; cat $T/trace'
matches interrupts '*vector_entry: vector=236 timer*vector_exit: vector=236 timer*' \
	'reset; echo irq_vectors: >$T/set_event; until grep -q "vector_exit: .* timer" $T/trace; do usleep 1000; done; cat $T/trace'
is a_line_has_linux_form 0 \
	'run raw_syscalls: true; grep -v "^#" $T/trace | grep -vc "^ *[^ ].*-[0-9]* *\[[0-9][0-9][0-9]\] [d.][N.][.][.][.] *[0-9]*\.[0-9]\{6\}: [a-z_]*: "'
is times_are_in_order '' \
	'run sched: ls /bin; grep -v "^#" $T/trace | sed "s/.*\[...\] ..... *//; s/:.*//" >a; sort -n a | diff a - | head -n 3'
is dead_tasks_keep_their_names 0 'run sched:sched_process_exit /bin/true; grep -c "<\.\.\.>" $T/trace'

# ---- switching off, markers, clearing ----------------------------------------------------------------------------
matches a_marker_stands_in_the_trace '*: tracing_mark_write: here I am*' 'reset; echo here I am >$T/trace_marker; cat $T/trace'
is a_long_marker_is_whole 300 'reset; head -c 300 /dev/zero | tr "\0" x >$T/trace_marker; grep mark_write $T/trace | tr -dc x | wc -c'
is tracing_off_writes_nothing '0' 'reset; echo 0 >$T/tracing_on; echo no >$T/trace_marker; a=$(lines); reset; echo $a'
is emptied_by_truncation 0 'reset; echo gone >$T/trace_marker; >$T/trace; lines'
ok reading_leaves_the_trace_there 'reset; echo twice >$T/trace_marker; cat $T/trace >a; cat $T/trace >b; grep -q twice a && cmp a b'

# ---- CPUs, sizes, clocks, patterns ---------------------------------------------------------------------------------
is a_cpu_outside_of_the_mask_records_nothing '0 1' \
	'reset; m=$(cat $T/tracing_cpumask); echo 0 >$T/tracing_cpumask; echo no >$T/trace_marker; a=$(lines); echo $m >$T/tracing_cpumask; echo yes >$T/trace_marker; echo $a $(lines)'
ok a_wrong_mask_is_refused '! echo x >$T/tracing_cpumask && ! echo >$T/tracing_cpumask'
is a_ring_has_a_size_of_its_own '700 1408' \
	'echo 700 >$T/per_cpu/cpu0/buffer_size_kb; a=$(cat $T/per_cpu/cpu0/buffer_size_kb); echo 1408 >$T/buffer_size_kb; echo $a $(cat $T/per_cpu/cpu0/buffer_size_kb)'
is different_sizes_are_an_x "$([ $(nproc) = 1 ] && echo 700 || echo X)" \
	'echo 700 >$T/per_cpu/cpu0/buffer_size_kb; cat $T/buffer_size_kb; echo 1408 >$T/buffer_size_kb'
is the_chosen_clock_is_marked 'local global [mono] boot' 'echo mono >$T/trace_clock; cat $T/trace_clock; echo local >$T/trace_clock'
ok an_unknown_clock_is_refused '! echo monotonous >$T/trace_clock'
is a_class_is_a_pattern 'signal_deliver signal_generate' 'reset; echo "signal:[a-s]ignal_[!x]*" >$T/set_event; echo $(cut -d: -f2 $T/set_event); reset'
ok readme_names_the_files 'for f in trace trace_pipe set_event tracing_cpumask; do grep -q "^  $f" $T/README || exit 1; done'

# ---- a refusal says what was wrong ------------------------------------------------------------------------------------
# refused VALUE FILE: what the log says of a refused write.
refused() { { echo "$1" >$T/$2; } 2>/dev/null && return 1; dmesg | sed -n 's/.*tracing: //p' | tail -n 1; }
S=events/sched/sched_switch
is an_event "set_event: 'no:thing': no such event; available_events lists all" 'refused no:thing set_event'
is an_enable "enable: '2': is neither 0 nor 1" 'refused 2 $S/enable'
is a_tracer "current_tracer: 'hwlat': no such tracer; available_tracers lists all" 'refused hwlat current_tracer'
matches a_function "set_ftrace_filter: 'no_such_*': names no function; available_filter_functions *" 'refused "no_such_*" set_ftrace_filter'
is a_clock "trace_clock: 'late': no such clock; the file lists all" 'refused late trace_clock'
is an_option "trace_options: 'x': no such option; the file lists all" 'refused x trace_options'
is a_size "buffer_size_kb: 'big': is no size in KiB" 'refused big buffer_size_kb'
is a_mask "tracing_cpumask: 'x': is no hexadecimal number" 'refused x tracing_cpumask'
is a_filter "filter: 'prev_pid = 1': an operator is missing: == != < <= > >= & ~" 'refused "prev_pid = 1" $S/filter; echo 0 >$T/$S/filter'
is a_filter_of_a_system "filter: 'x == 1': fits no event; the filter of one event says why" 'refused "x == 1" events/sched/filter'
matches a_trigger "trigger: 'traceof': is no trigger; *" 'refused traceof $S/trigger'
is a_trigger_with_a_wrong_condition "trigger: 'traceoff if x == 1': the event has no such field" 'refused "traceoff if x == 1" $S/trigger'
is a_second_trigger "trigger: 'traceon': the event has a trigger of this kind; write it with ! to remove it" \
	'echo traceoff >$T/$S/trigger; refused traceon $S/trigger; echo "!traceoff" >$T/$S/trigger; echo 1 >$T/tracing_on'
reset

# ---- triggers ------------------------------------------------------------------------------------------------------
F=$T/events/sched/sched_process_fork/trigger
S=$T/events/sched/sched_switch/enable
forks() { ( : ) ; /bin/true; }
matches triggers_are_listed '# Available triggers:*traceoff*' 'cat $F'
is tracing_ends_at_an_event '1 0' 'reset; a=$(cat $T/tracing_on); echo traceoff >$F; forks; echo $a $(cat $T/tracing_on)'
is it_begins_at_an_event 1 'echo "!traceoff" >$F; echo traceon >$F; forks; cat $T/tracing_on'
is a_trigger_is_shown_and_removed 'traceon:unlimited # Available triggers:' 'a=$(cat $F); echo "!$a" >$F; echo $a $(head -n 1 $F)'
is a_trigger_acts_so_often_and_no_more '2 stacktrace:count=0' \
	'reset; echo stacktrace:2 >$F; forks; forks; forks; forks; echo $(grep -c "<stack trace>" $T/trace) $(cat $F); echo "!stacktrace" >$F'
is an_event_is_turned_on '0* 1* 1' \
	'reset; echo enable_event:sched:sched_switch >$F; read a <$S; forks; b=$(cat $S); echo "!enable_event:sched:sched_switch" >$F; echo "$a $b $(cat $S)"'
is and_off '0' 'echo disable_event:sched:sched_switch >$F; forks; echo "!disable_event:sched:sched_switch" >$F; cat $S'
ok wrong_triggers_are_refused \
	'for w in traceof traceoff:x traceoff+0 "traceoff if 1" enable_event:sched enable_event:no:thing stacktrace: stacktrace:1:2; do ! echo "$w" >$F || { echo "$w"; [ "$w" = stacktrace: ] && echo "!stacktrace" >$F; }; done; [ "$(head -c 1 $F)" = "#" ]'
ok one_trigger_of_a_kind '
	echo traceon >$F; ! echo traceoff >$F && ! echo traceon >$F; a=$?
	echo enable_event:sched:sched_switch >$F; ! echo disable_event:sched:sched_switch >$F && echo enable_event:sched:sched_wakeup >$F; b=$?
	for t in $(cat $F); do echo "!$t" >$F; done; [ $a$b = 00 ] && [ "$(head -c 1 $F)" = "#" ]'
ok what_is_not_there_is_not_removed '! echo "!stacktrace" >$F'
reset

# ---- trace_pipe -----------------------------------------------------------------------------------------------------
is a_pipe_hands_out_once '1 0' \
	'reset; echo once >$T/trace_marker; echo 0 >$T/tracing_on; cat $T/trace_pipe >a; reset; echo $(grep -c once a) $(lines)'
matches a_pipe_waits_for_more '*: tracing_mark_write: late*' \
	'reset; head -n 1 $T/trace_pipe >a & until grep -q sys_read /proc/$!/stack; do usleep 1000; done; echo late >$T/trace_marker; wait; cat a'
is a_cpu_has_its_own_trace 1 \
	'reset; taskset 1 sh -c "echo mine >$T/trace_marker"; grep -c mine $T/per_cpu/cpu0/trace'

# ---- buffers ----------------------------------------------------------------------------------------------------------
is a_size_can_be_set 64 'reset; echo 64 >$T/buffer_size_kb; cat $T/buffer_size_kb'
ok a_wrong_size_is_refused '! echo 0 >$T/buffer_size_kb'
ok lost_events_are_counted \
	'reset; echo raw_syscalls: >$T/set_event; taskset 1 sh -c "i=0; while [ \$i -lt 3000 ]; do kill -0 \$\$; i=\$((i+1)); done"; echo >$T/set_event; sum=0; for c in $T/per_cpu/cpu*/stats; do sum=$((sum + $(sed -n "s/^overrun: //p" $c))); done; [ $sum -gt 1000 ]'
ok a_pipe_reports_lost_events 'echo 0 >$T/tracing_on; cat $T/trace_pipe | grep -q "^CPU:[0-9]* .LOST [0-9]* EVENTS"'
is back_to_the_usual_size 1408 'echo 1408 >$T/buffer_size_kb; cat $T/buffer_size_kb'

# ---- stack traces ---------------------------------------------------------------------------------------------------
is options_are_listed 'nostacktrace nofunc_stack_trace' 'echo $(cat $T/trace_options)'
ok a_stack_follows_an_event 'echo 1 >$T/options/stacktrace; run sched:sched_process_exit /bin/true; echo 0 >$T/options/stacktrace; sed -n "/sched_process_exit: comm=true/,/^ *sh-/p" $T/trace | grep -A 9 "<stack trace>" >stack; cat stack; grep -q "^ => do_exit$" stack && grep -q "^ => syscall_dispatch$" stack'
ok no_stack_follows_without_the_option 'run sched:sched_process_exit /bin/true; ! grep "stack trace" $T/trace'
ok a_stack_follows_a_call 'reset; echo func_stack_trace >$T/trace_options; echo cmdline_proc_show >$T/set_ftrace_filter; echo function >$T/current_tracer; cat /proc/cmdline; echo nop >$T/current_tracer; echo nofunc_stack_trace >$T/trace_options; echo >$T/set_ftrace_filter; cat $T/trace; grep -A 9 "<stack trace>" $T/trace | grep -q "^ => kernfs_read$"'
ok an_unknown_option_is_refused '! echo no_such_option >$T/trace_options'
reset
done_testing
