#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The function tracer. A tracer, a patch and a probe are added to one function and removed from it in all orders. Each
# has its effect while it is on the function, and no effect before or afterwards. The same is tested with the function
# graph tracer, and with one tracer that replaces the other. Then the consistency oracle runs while every function and
# every event of the kernel is traced, by one tracer and by the other.
# timeout: 300
. /tests/tap.sh
. /tests/klp.sh
. /tests/orders.sh

T=/sys/kernel/tracing
PROBE=/sys/module/lx_kprobe/parameters/before
reset() { echo nop >$T/current_tracer; echo >$T/set_ftrace_filter; echo >$T/set_ftrace_notrace; echo 1 >$T/tracing_on; >$T/trace; }
hits() { cat $T/per_cpu/cpu*/trace | grep -c ": $1 <-"; }
calls() { cat $T/per_cpu/cpu*/trace | grep -c "|  *$1()[; ]"; }

# ---- the tracer alone ---------------------------------------------------------------------------------------------
is three_tracers_are_available 'function_graph function nop' 'cat $T/available_tracers'
is no_tracer_is_set 'nop 0' 'echo $(cat $T/current_tracer) $(grep -c . $T/enabled_functions)'
ok an_unknown_tracer_is_refused '! echo hwlat >$T/current_tracer'
ok functions_can_be_listed 'grep -q "^vm_fault$" $T/available_filter_functions && [ $(wc -l <$T/available_filter_functions) -gt 1000 ]'
is a_function_without_a_slot_is_not_listed 0 'grep -c "^nmi_dispatch$" $T/available_filter_functions'
is a_filter_by_glob 'vm_fault' 'echo "vm_faul*" >$T/set_ftrace_filter; cat $T/set_ftrace_filter'
is a_filter_is_extended 2 'echo vm_fault >$T/set_ftrace_filter; echo cmdline_proc_show >>$T/set_ftrace_filter; wc -l <$T/set_ftrace_filter'
is a_word_is_taken_out cmdline_proc_show 'echo "!vm_fault" >>$T/set_ftrace_filter; cat $T/set_ftrace_filter'
is an_empty_filter_is_all '#### all functions enabled ####' 'echo >$T/set_ftrace_filter; cat $T/set_ftrace_filter'
ok an_unknown_function_is_refused '! echo no_such_function >$T/set_ftrace_filter'
is only_functions_of_the_filter_are_traced 'cmdline_proc_show' \
	'reset; echo cmdline_proc_show >$T/set_ftrace_filter; echo function >$T/current_tracer; cat /proc/cmdline /proc/uptime >/dev/null; grep -v "^#" $T/trace | sed "s/.*: //; s/ <-.*//" | sort -u'
matches a_line_has_linux_form '*# tracer: function*: cmdline_proc_show <-kernfs_*' 'cat $T/trace'
is the_slot_is_listed_as_used_by_the_tracer 'cmdline_proc_show (1) R' 'cat $T/enabled_functions | xargs'
is notrace_goes_first 0 'echo "cmdline_*" >$T/set_ftrace_notrace; >$T/trace; cat /proc/cmdline >/dev/null; hits cmdline_proc_show'
is nop_ends_the_tracing '0 0' 'reset; cat /proc/cmdline >/dev/null; echo $(hits cmdline_proc_show) $(grep -c . $T/enabled_functions)'

# ---- three on one slot -----------------------------------------------------------------------------------------------
come_T() { echo cmdline_proc_show >$T/set_ftrace_filter; echo function >$T/current_tracer; }
come_G() { echo cmdline_proc_show >$T/set_ftrace_filter; echo function_graph >$T/current_tracer; }
go_T() { echo nop >$T/current_tracer; }
go_G() { go_T; }
come_P() { klp load livepatch-sample --wait; }
go_P() { klp unload livepatch_sample; }
come_K() { insmod /lib/modules/lx_kprobe.ko has_post_handler=0; }
go_K() { rmmod lx_kprobe; }

# Each user of the slot has a letter. effects() calls the function once, and prints the letters of the users that had an
# effect.
effects()
{
	local seen= probed=0
	>$T/trace
	[ -e $PROBE ] && probed=$(cat $PROBE)
	grep -q 'has been live patched' /proc/cmdline && patched=P || patched=
	[ $(hits cmdline_proc_show) -gt 0 ] && seen=T
	[ $(calls cmdline_proc_show) -gt 0 ] && seen=${seen}G
	seen=$seen$patched
	[ -e $PROBE ] && [ $(cat $PROBE) -gt $probed ] && seen=${seen}K
	echo "$seen"
}
# Letters in the order T G P K.
sorted() { local all=; for c in T G P K; do case $1 in *$c*) all=$all$c ;; esac; done; echo "$all"; }
reset
for tracer in T G; do
	for coming in XPK XKP PXK PKX KXP KPX; do
		for going in XPK XKP PXK PKX KXP KPX; do
			came=$(echo $coming | tr X $tracer) went=$(echo $going | tr X $tracer)
			is "came_as_${came}_went_as_$went" '' "walk $came $went 2>&1"
		done
	done
done
for coming in TGPK GPTK PGKT KTPG PKTG TPGK; do
	is "one_tracer_for_the_other_came_as_$coming" '' "walk $coming KP$(echo $coming | tr -d PK | cut -c2) 2>&1"
done
is no_hook_is_left 0 'grep -c . $T/enabled_functions'

# ---- everything at once -------------------------------------------------------------------------------------------------
insmod /lib/modules/klp_oracle.ko
reset
echo 1 >$T/events/enable
STOP=/tmp/trace_functions.$$
pairs() { until [ -e $STOP ]; do cat /proc/oracle_none /proc/oracle_yield /proc/oracle_sleep; done >/dev/null; }
for i in $(seq $(nproc)); do pairs & pairs & done
# The tracer is set, changed and removed, while tasks sleep with hooked functions on their stacks.
for tracer in function function_graph function function_graph nop function_graph; do
	echo $tracer >$T/current_tracer
	klp load klp_oracle_patch --wait
	until_runs new
	klp unload klp_oracle_patch
	until_runs old
done
touch $STOP
wait
rm $STOP
is both_versions_ran 'old new' 'cat /proc/oracle_record | { read _ old _ new _; [ $old -ge 6 ] && [ $new -ge 6 ] && echo old new; }'
is the_oracle_stays_0_with_all_tracers_on 'mixed 0 wrong_state 0 retired 0' 'cut -d" " -f5-10 /proc/oracle_record'
ok everything_was_traced '[ $(grep -c " R" $T/enabled_functions) -gt 1000 ] && [ $(cat $T/events/enable) = 1 ]'
rmmod klp_oracle
echo 0 >$T/events/enable
reset
done_testing
