#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The example server of docs/writing-a-server.md: the tests start the server by hand and use it from the shell.
# timeout: 120
. /tests/tap.sh

# Starts the server and waits until it has mounted itself: as for init, the server then writes a byte to STATUS_FD.
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

is no_server_answers_yet 1 'cat /srv/hello 2>/dev/null; echo $?'
start
is the_server_says_hello 'Hello, world!' 'cat /srv/hello'
is the_file_has_a_size_and_a_type '14 regular file 666' 'stat -c "%s %F %a" /srv/hello'
is the_server_is_mounted 'hello /srv/hello' 'grep /srv/hello /proc/mounts | cut -d" " -f1,2'
is the_server_greets_the_written_name 'Hello, Ada!' 'echo Ada >/srv/hello; cat /srv/hello'
is reads_have_an_offset 'Ada' 'dd if=/srv/hello bs=1 skip=7 count=3 2>/dev/null'
is a_name_that_is_too_long_is_refused refused 'seq 100 >/srv/hello 2>/dev/null && echo written || echo refused'
is a_refused_write_changes_nothing 'Hello, Ada!' 'cat /srv/hello'
is the_file_has_no_path_below 1 'cat /srv/hello/x 2>/dev/null; echo $?'
is the_file_is_not_a_directory 'Not a directory' 'stat /srv/hello/ 2>&1 | sed "s/.*: //"'
is a_second_server_cannot_mount 'hello: cannot serve /srv/hello: Resource busy' 'hello'
ok tools_can_read_and_copy_the_file '[ "$(sort /srv/hello | wc -l)" = 1 ] && cp /srv/hello copy && cmp copy /srv/hello'
stop
is without_the_server_reads_fail "cat: can't open '/srv/hello': Input/output error" 'cat /srv/hello'
start
is a_new_server_takes_the_place 'Hello, world!' 'cat /srv/hello'
stop
done_testing
