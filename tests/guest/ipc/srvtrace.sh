#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# srvtrace(1): the calls that a server gets, with their arguments, results and times.
. /tests/tap.sh

out=/tmp/srvtrace.out

# until_seen COMMAND PATTERN...: runs the command again and again under srvtrace of / until each pattern has been seen.
# Other processes call the server as well, so a pattern names the program.
until_seen()
{
	command=$1
	shift
	srvtrace / >$out 2>&1 &
	tracer=$!
	for pattern in "$@"; do
		until grep -qE "$pattern" $out; do
			eval "$command" >/dev/null 2>&1
			usleep 10000
		done
	done
	kill $tracer
	wait $tracer
}

# until_done OPTIONS: runs srvtrace with OPTIONS until it ends, and makes calls that it can show.
until_done()
{
	srvtrace $1 / >$out 2>&1 &
	tracer=$!
	while kill -0 $tracer 2>/dev/null; do cat /etc/hostname >/dev/null; done
	wait $tracer
}

until_seen 'cat /etc/hostname' 'cat\[[0-9]+\] OPEN\(.*hostname' 'cat\[[0-9]+\] READ\('
ok the_open_of_a_file_is_seen_with_its_path "grep -qE 'cat\[[0-9]+\] OPEN\(.*\"etc/hostname\".*\) = 0, 0x[0-9a-f]+ <[0-9]+\.[0-9]{6}>' $out"
ok the_read_of_the_file_is_seen "grep -qE 'cat\[[0-9]+\] READ\(0x[0-9a-f]+, .*, out [0-9]+\) = [1-9]' $out"

until_seen 'cat /nonexistent' 'cat\[[0-9]+\] OPEN\(.*nonexistent'
ok an_error_is_told_by_its_name "grep -qE 'OPEN\(.*\"nonexistent\".*\) = -2 \(No such file or directory\)' $out"

until_done '-n 3'
is exactly_n_calls_are_shown 3 "wc -l <$out"

until_done '-c -n 20'
ok counts_for_each_operation "grep -qE '^ +[0-9]+ +[0-9]+ +[0-9]+  OPEN' $out"
is all_of_them_are_counted 20 "awk 'NR > 1 { n += \$1 } END { print n }' $out"

until_done "-p 1 -n 0"
ok nothing_is_left_on "! srvtrace -n 0 nobody"
is an_absent_server_is_reported 'srvtrace: nobody: no server is there; /proc/ports lists them' 'srvtrace nobody'
is only_root_may_read_the_file_of_traces '600' 'stat -c %a /proc/ports_trace'
rm -f $out
done_testing
