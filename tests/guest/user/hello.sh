#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The example of docs/writing-a-server.md, started by hand and used from the shell.
# timeout: 120
. /tests/tap.sh

# Starts the server and waits until it has mounted itself, as init does: it writes a byte to STATUS_FD.
start()
{
	rm -f /tmp/hello.up
	mkfifo /tmp/hello.up
	exec 9<>/tmp/hello.up
	STATUS_FD=9 hello &
	server=$!
	dd bs=1 count=1 <&9 >/dev/null 2>&1
	exec 9<&-
}

stop()
{
	kill -9 $server
	wait $server 2>/dev/null
}

is nobody_serves_it_yet 1 'cat /srv/hello 2>/dev/null; echo $?'
start
is it_says_hello 'Hello, world!' 'cat /srv/hello'
is it_has_a_size_and_a_type '14 regular file 666' 'stat -c "%s %F %a" /srv/hello'
is it_is_mounted 'hello /srv/hello' 'grep /srv/hello /proc/mounts | cut -d" " -f1,2'
is what_is_written_is_greeted 'Hello, Ada!' 'echo Ada >/srv/hello; cat /srv/hello'
is reads_have_a_place 'Ada' 'dd if=/srv/hello bs=1 skip=7 count=3 2>/dev/null'
is too_long_a_name_is_refused refused 'seq 100 >/srv/hello 2>/dev/null && echo written || echo refused'
is a_refused_write_changes_nothing 'Hello, Ada!' 'cat /srv/hello'
is a_path_below_is_no_file 1 'cat /srv/hello/x 2>/dev/null; echo $?'
is a_file_is_no_directory 'Not a directory' 'stat /srv/hello/ 2>&1 | sed "s/.*: //"'
is a_second_one_cannot_mount 'hello: cannot serve /srv/hello: Resource busy' 'hello'
ok it_can_be_mapped_and_run_through_tools '[ "$(sort /srv/hello | wc -l)" = 1 ] && cp /srv/hello copy && cmp copy /srv/hello'
stop
is without_it_there_is_an_error "cat: can't open '/srv/hello': Input/output error" 'cat /srv/hello'
start
is a_new_one_takes_the_place 'Hello, world!' 'cat /srv/hello'
stop
done_testing
