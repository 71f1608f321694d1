#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The function tracers and the functions of modules: how filters name them, and what becomes of them when the module leaves and
# comes back. Tracer, patch, probe and module come and go in all orders. Then a module is loaded and unloaded in a loop while
# its function is called, the tracers are switched, filters are written, and a patch of the function comes and goes.
# timeout: 600
. /tests/tap.sh
. /tests/klp.sh
. /tests/orders.sh

T=/sys/kernel/tracing
F=$T/set_ftrace_filter
PROBE=/sys/module/lx_kprobe/parameters/before
reset() { echo nop >$T/current_tracer; echo >$F; echo >$T/set_ftrace_notrace; echo 1 >$T/tracing_on; >$T/trace; }
hits() { cat $T/per_cpu/cpu*/trace | grep -c ": $1 \[lx_target\] <-"; }
calls() { cat $T/per_cpu/cpu*/trace | grep -c "|  *$1 \[lx_target\]()[; ]"; }
read_it() { cat /proc/lx_target >/dev/null; }
come_M() { insmod /lib/modules/lx_target.ko; }
go_M() { rmmod lx_target; }
# try COMMAND...: its status, without its message.
try_it() { "$@" 2>/dev/null; echo $?; }
put() { { echo "$1" >$2; } 2>/dev/null; }

# ---- names ----------------------------------------------------------------------------------------------
reset
come_M
is functions_of_modules_are_listed 'lx_target_show [lx_target]' 'grep "^lx_target_show" $T/available_filter_functions'
is a_filter_names_one 'lx_target_show [lx_target]' 'echo lx_target_show >$F; cat $F'
is by_a_pattern 'lx_target_show [lx_target]' 'echo "lx_target_*" >$F; echo $(sort $F)'
is all_of_a_module 'lx_target_show [lx_target]' 'echo ":mod:lx_target" >$F; echo $(sort $F)'
is a_pattern_in_a_module 'lx_target_show [lx_target]' 'echo "*show:mod:lx_*" >$F; cat $F'
is all_but_a_module 'cmdline_proc_show' 'echo "cmdline_proc_show:mod:!lx_*" >$F; echo "lx_*:mod:!lx_*" >>$F 2>/dev/null; cat $F | grep -v :mod:'
is others_are_added 'cmdline_proc_show lx_target_show [lx_target]' 'echo "*show:mod:lx_target" >$F; echo cmdline_proc_show >>$F; echo $(sort $F)'
is and_removed 'cmdline_proc_show' 'echo "*show:mod:lx_target" >$F; echo cmdline_proc_show >>$F; echo "!*show:mod:lx_target" >>$F; cat $F'
ok wrong_words_are_refused '! put no_such:mod:lx_target $F && ! put "x:mod:" $F && ! put "x:mod:!" $F && ! put "!x:mod:nothing" $F && ! put "!" $F && ! put :mod $F'
is the_function_is_traced 'lx_target_show [lx_target]' \
	'reset; echo :mod:lx_target >$F; echo function >$T/current_tracer; read_it; echo nop >$T/current_tracer; grep -v "^#" $T/trace | sed "s/.*: //; s/ <-.*//" | sort -u'
is the_slot_is_listed 'lx_target_show [lx_target] (1) R' 'echo lx_target_show >$F; echo function >$T/current_tracer; cat $T/enabled_functions | xargs'
ok its_call_has_a_duration 'reset; echo lx_target_show >$F; echo function_graph >$T/current_tracer; read_it; grep -q " us  *|  *lx_target_show \[lx_target\]();$" $T/trace || { cat $T/trace; exit 1; }'
is notrace_goes_first 0 'reset; echo "lx_target_*" >$F; echo :mod:lx_target >$T/set_ftrace_notrace; echo function >$T/current_tracer; read_it; hits lx_target_show'

# ---- a module leaves and comes ------------------------------------------------------------------------------
reset
is its_functions_leave_the_filter 'cmdline_proc_show 0' \
	'echo lx_target_show cmdline_proc_show >$F; echo function >$T/current_tracer; go_M; echo $(cat $F) $(grep -c lx_target $T/enabled_functions)'
is a_name_acts_once 'cmdline_proc_show 0' 'come_M; read_it; echo $(cat $F) $(hits lx_target_show)'
is a_filter_that_loses_its_last_is_not_empty '0 0 0' \
	'echo lx_target_show >$F; go_M; >$T/trace; cat /proc/cmdline >/dev/null; echo $(grep -c . $F) $(grep -vc "^#" $T/trace) $(grep -c . $T/enabled_functions)'
is a_word_for_a_module_that_is_not_there '*:mod:lx_target' 'echo "*:mod:lx_target" >$F; cat $F'
is it_acts_when_the_module_comes 'lx_target_show [lx_target] 1' 'come_M; read_it; echo $(sort $F) $(hits lx_target_show)'
is and_when_it_comes_again '1' 'go_M; come_M; >$T/trace; read_it; hits lx_target_show'
is it_can_be_removed '#### all functions enabled ####' 'go_M; echo nop >$T/current_tracer; echo "!*:mod:lx_target" >>$F; cat $F'
for tracer in function function_graph; do
	is "with_an_empty_filter_it_is_traced_by_$tracer" 1 'reset; echo $tracer >$T/current_tracer; come_M; echo 0 >$T/tracing_on; >$T/trace; echo 1 >$T/tracing_on
		read_it; echo 0 >$T/tracing_on; cat $T/per_cpu/cpu*/trace >all; go_M; grep -c " lx_target_show \[lx_target\]" all'
done
reset
is no_hook_is_left_of_it 0 'grep -c . $T/enabled_functions'

# ---- four that come and go --------------------------------------------------------------------------------------
come_T() { echo :mod:lx_target >$F; echo function >$T/current_tracer; }
come_G() { echo :mod:lx_target >$F; echo function_graph >$T/current_tracer; }
go_T() { echo nop >$T/current_tracer; echo >$F; }
go_G() { go_T; }
come_P() { klp load lx_target_patch --wait; }
go_P() { klp unload lx_target_patch; }
come_K() { insmod /lib/modules/lx_kprobe.ko has_post_handler=0 symbol=lx_target:lx_target_show; }
go_K() { rmmod lx_kprobe; }
# The letters of the users that have an effect on a call; without the module there is no call.
effects()
{
	local seen= probed=0
	[ -e /proc/lx_target ] || return 0
	>$T/trace
	[ -e $PROBE ] && probed=$(cat $PROBE)
	grep -q 'patched output' /proc/lx_target && patched=P || patched=
	[ $(hits lx_target_show) -gt 0 ] && seen=T
	[ $(calls lx_target_show) -gt 0 ] && seen=${seen}G
	seen=$seen$patched
	[ -e $PROBE ] && [ $(cat $PROBE) -gt $probed ] && seen=${seen}K
	echo "${seen}M"
}
sorted() { local all=; case $1 in *M*) for c in T G P K M; do case $1 in *$c*) all=$all$c ;; esac; done ;; esac; echo "$all"; }
reset
for tracer in T G; do
	for coming in XPM XMP PXM PMX MXP MPX; do
		for going in XPM XMP PXM PMX MXP MPX; do
			came=$(echo $coming | tr X $tracer) went=$(echo $going | tr X $tracer)
			is "came_as_${came}_went_as_$went" '' "walk $came $went 2>&1"
		done
	done
	# A module with a probe does not leave before it.
	for order in MXPK:KPXM MKXP:XKMP XMPK:PKMX PMKX:XKPM; do
		came=$(echo ${order%:*} | tr X $tracer) went=$(echo ${order#*:} | tr X $tracer)
		is "came_as_${came}_went_as_$went" '' "walk $came $went 2>&1"
	done
done
reset
is no_hook_is_left 0 'grep -c . $T/enabled_functions'

# ---- all at once ----------------------------------------------------------------------------------------------------
STOP=/tmp/trace_modules.$$
: >$STOP.wrong
until_stop() { until [ -e $STOP ]; do "$@" >/dev/null 2>&1; done; }
reading() { cat /proc/lx_target | grep -v 'lx_target\(_patch\)\?: \(original\|patched\) output' >>$STOP.wrong; }
listing() { cat $T/available_filter_functions $F $T/enabled_functions; }
patching() { klp load lx_target_patch --wait; klp unload lx_target_patch; }
filtering() { for w in :mod:lx_target 'lx_target_*' '!*:mod:lx_*'; do echo $w >>$F; done; echo >$F; echo 'lx_*:mod:lx_target' >$F; }
for i in $(seq $(nproc)); do until_stop reading & done
until_stop listing &
until_stop patching &
until_stop filtering &
for tracer in function function_graph nop function_graph function; do
	echo $tracer >$T/current_tracer
	for j in 1 2 3; do come_M; read_it; until go_M 2>/dev/null; do :; done; done
done
touch $STOP
wait
is each_reader_saw_one_of_two_texts '' 'cat $STOP.wrong'
klp unload lx_target_patch 2>/dev/null
reset
is nothing_is_left '0 0' 'echo $(grep -c . $T/enabled_functions) $(grep -c "^lx_target" /proc/modules)'
is the_tracers_still_work 1 'come_M; echo :mod:lx_target >$F; echo function >$T/current_tracer; read_it; a=$(hits lx_target_show); go_M; echo $a'
is no_warning_was_logged 0 'dmesg | grep -c "WARNING\|BUG\|Oops"'
rm -f $STOP $STOP.wrong
reset
done_testing
