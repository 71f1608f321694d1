#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Filters of events: events/SYSTEM/EVENT/filter takes a condition over the fields of the event, and only records that
# meet it are written. A wrong condition is refused, and the file shows where it is wrong. A trigger may have a condition, too.
# timeout: 120
. /tests/tap.sh

T=/sys/kernel/tracing
E=$T/events/signal/signal_generate
F=$E/filter
W=$T/events/sched/filter
reset() { echo 0 >$F; echo 0 >$W; echo 1 >$T/tracing_on; echo >$T/set_event; >$T/trace; }
# The event of the tests: sig=10 errno=0 code=0 comm=trace_filter.sh pid=$$ grp=1 res=0
trap : USR1
signal() { kill -USR1 $$; }
lines() { grep -c 'signal_generate: sig=10' $T/trace; }
# passes FILTER: 1 if the record of the event is written, 0 if it is not.
passes() { echo "$1" >$F || return; >$T/trace; signal; lines; }
# each FILTER...: what passes() says of each.
each() { for filter in "$@"; do printf %s "$(passes "$filter")"; done; }
# refused FILTER: how the file shows what is wrong with it.
refused() { ! { echo "$1" >$F; } 2>/dev/null && cat $F; }
NAME=$(cat /proc/$$/comm)

reset
echo 1 >$E/enable
is no_filter_is_set 'none' 'cat $F'
is a_number_equals_or_not 1001 'each "sig == 10" "sig == 11" "sig != 10" "sig != 11"'
is numbers_are_compared 10011001 'each "sig < 11" "sig < 10" "sig > 10" "sig > 9" "sig <= 10" "sig <= 9" "sig >= 11" "sig >= 10"'
is a_number_has_a_sign 11010 'each "errno > -1" "code >= -6" "code < -6" "result >= -0x7fffffff" "result == -1"'
is numbers_are_hexadecimal_and_octal_too 1101 'each "sig == 0xa" "sig == 012" "sig == 0x10" "sig==10"'
is bits_are_tested 101 'each "sig & 2" "sig & 5" "sig & 0x8"'
is a_string_equals_or_not 101001 'each "comm == \"$NAME\"" "comm == \"x$NAME\"" "comm == $NAME" "comm == \"${NAME%?}\"" "comm != '"'"'$NAME'"'"'" "comm != \"a\""'
is a_string_matches_a_pattern 1110001 'each "comm ~ \"trace_*\"" "comm ~ \"*filter*\"" "comm ~ \"tr?ce*\"" "comm ~ \"*xyz\"" "comm ~ \"race*\"" "comm ~ \"trace\"" "comm ~ \"[s-u]race*\""'
is and_or_not 11001101 'each "sig == 10 && code == 0" "sig == 10 || code == 7" "sig == 10 && code == 7" "sig == 9 || code == 7" "!(sig == 9)" "!sig == 9" "!(sig == 10)" "!!(sig == 10)"'
is and_goes_before_or 10 'each "sig == 10 || code == 7 && code == 8" "(sig == 10 || code == 7) && code == 8"'
is parentheses_may_be_many 10 'each "((((((sig == 10))))) && (!(!(code == 0)) && pid != 0))" "!((sig == 10) && !(code == 1 || code == 2))"'
is blanks_do_not_matter 111 'each "sig==10&&code==0" "  sig  ==  10  &&  code  ==  0  " "(sig==10)&&(!(sig==11))"'
is fields_that_all_events_have 1100 'each "common_pid > 0" "CPU >= 0" "common_pid == 0" "COMM == nobody"'
is the_filter_is_shown 'sig == 10 && comm ~ "t*"' 'echo "sig == 10 && comm ~ \"t*\"" >$F; cat $F'
is zero_removes_it 'none' 'echo 0 >$F; cat $F'

# ---- what is wrong ---------------------------------------------------------------------------------------
shown() { refused "$1" | tail -n 2 | tr '\n' '|'; }
is a_wrong_filter_is_shown_with_its_place 'sig == 10 && dsig == 17
             ^
parse_error: the event has no such field' 'refused "sig == 10 && dsig == 17"'
is an_operator_is_missing '    ^|parse_error: an operator is missing: == != < <= > >= & ~|' 'shown "sig 10"'
is a_value_is_no_number '       ^|parse_error: the value is not a number|' 'shown "sig == ten"'
is a_value_does_not_fit '       ^|parse_error: the field cannot have this value|' 'shown "sig == 0x100000000"'
is a_value_is_missing '       ^|parse_error: a value is missing|' 'shown "sig == "'
is a_number_has_no_pattern '    ^|parse_error: ~ is only for texts|' 'shown "sig ~ 1*"'
is a_text_has_no_order '     ^|parse_error: a text has only == != ~|' 'shown "comm > a"'
is a_quote_has_no_end '        ^|parse_error: the closing quote is missing|' 'shown "comm == \"abc"'
is a_parenthesis_is_not_closed '           ^|parse_error: a closing parenthesis is missing|' 'shown "((sig == 1)"'
is a_parenthesis_is_not_opened '        ^|parse_error: the opening parenthesis is missing|' 'shown "sig == 1)"'
is conditions_without_a_link '         ^|parse_error: && or || is missing|' 'shown "sig == 1 code == 1"'
is a_condition_is_missing '            ^|parse_error: a condition is missing|' 'shown "sig == 1 && "'
is nothing_is_no_filter '^|parse_error: a condition is missing|' 'shown ""'
is an_array_is_refused '^|parse_error: an array cannot be compared|' \
	'cd $T/events/raw_syscalls/sys_enter; { echo "args == 0" >filter; } 2>/dev/null; tail -n 2 filter | tr "\n" "|"; echo 0 >filter'
is a_filter_is_too_deep 1 'refused "$(printf %0100d 0 | tr 0 \()sig == 1" | grep -c "parse_error: more than .* parentheses"'
is a_filter_is_too_long 1 'refused "sig == 1$(for i in $(seq 300); do printf "||sig == 1"; done)" | grep -c "parse_error: more than .* conditions"'
is a_wrong_filter_ends_the_one_before 1 'echo "sig == 9" >$F; ! { echo "sig == " >$F; } 2>/dev/null; >$T/trace; signal; lines'
reset

# ---- systems, other files --------------------------------------------------------------------------------------
is a_system_filters_the_events_with_the_field 'prev_pid == 1 none' 'echo "prev_pid == 1" >$W; echo $(cat $T/events/sched/sched_switch/filter $T/events/sched/sched_wakeup/filter)'
ok a_system_refuses_what_fits_no_event '! echo "no_such_field == 1" >$W'
is a_system_removes_all 'none' 'echo 0 >$W; cat $T/events/sched/sched_switch/filter'
is each_field_of_each_format_is_known '' \
	'for e in $(cat $T/available_events); do d=$T/events/${e%:*}/${e#*:}
		for f in $(sed -n "s/^.field:char \(.*\)\[[0-9]*\];.offset.*/\1/p" $d/format); do echo "$f != x" >$d/filter || echo $e $f; done
		for f in $(sed -n "/\[/d; s/^.field:.* \(.*\);.offset.*/\1/p" $d/format); do echo "$f != 1" >$d/filter || echo $e $f; done
		echo 0 >$d/filter; done 2>&1'
is a_stack_follows_only_what_is_written '0 1' \
	'reset; echo 1 >$T/options/stacktrace; echo 1 >$E/enable; echo "sig == 9" >$F; signal; a=$(grep -c "stack trace" $T/trace); echo "sig == 10" >$F; signal; echo 0 >$E/enable; echo 0 >$T/options/stacktrace; echo $a $(grep -A 1 sig=10 $T/trace | grep -c "stack trace")'
reset

# ---- triggers ----------------------------------------------------------------------------------------------------
G=$E/trigger
is a_trigger_has_a_condition '1 0' 'echo "traceoff if sig == 9" >$G; signal; a=$(cat $T/tracing_on); echo "!traceoff" >$G; echo "traceoff if sig == 10" >$G; signal; echo $a $(cat $T/tracing_on)'
is it_is_shown_with_its_trigger 'traceoff:unlimited if sig == 10' 'cat $G'
is it_is_removed_with_it '#' 'echo "!traceoff:unlimited if sig == 10" >$G; head -c 1 $G'
is only_what_passes_counts 'stacktrace:count=2 if sig == 9 stacktrace:count=1 if sig == 10' \
	'reset; echo "stacktrace:2 if sig == 9" >$G; signal; a=$(cat $G); echo "!stacktrace" >$G; echo "stacktrace:2 if sig == 10" >$G; signal; echo $a $(cat $G); echo "!stacktrace" >$G'
ok wrong_conditions_are_refused \
	'for w in "traceoff if" "traceoff if sig" "traceoff if no_field == 1" "traceoff fi sig == 1" "traceoff if sig == 1)"; do ! echo "$w" >$G || { echo "$w"; exit 1; }; done; [ "$(head -c 1 $G)" = "#" ]'
reset

# ---- filters that change while events are written ---------------------------------------------------------------
# No filter of the loop passes signal 12, and the filters are long, so that many are replaced while they are evaluated.
long() { printf 'sig == 10 && comm != a'; for i in $(seq 15); do printf ' || sig == 4%d' $1; done; }
echo "$(long 1)" >$F
echo 1 >$E/enable
STOP=/tmp/trace_filter.$$
for i in $(seq $(($(nproc) + 1))); do
	( trap : USR2; me=$(exec sh -c 'echo $PPID'); until [ -e $STOP ]; do kill -USR2 $me; done ) &
done
for i in $(seq 100); do echo "$(long 1)" >$F; echo "$(long 2)" >$F; done
signal
touch $STOP
wait
is each_record_met_a_whole_filter 'sig=10' 'sed -n "s/.*signal_generate: \(sig=[0-9]*\) .*/\1/p" $T/trace | sort -u'
rm $STOP
reset
done_testing
