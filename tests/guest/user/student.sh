#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A second user at the shell: su, and what the user may and may not do.
# timeout: 120
. /tests/tap.sh

is su_becomes_the_user 'student student' 'su student -c "id -un; id -gn" | xargs'
is su_gives_the_groups 'lab student' 'su student -c "id -Gn" | xargs -n 1 | sort | xargs'
is su_with_a_login_shell_goes_home /home/student 'su - student -c pwd'
is home_belongs_to_the_user ok 'su - student -c "echo ok >note && cat note && rm note"'
is new_files_belong_to_the_user student 'cd /tmp && su student -c "touch mine_$$" && stat -c %U mine_$$; rm -f mine_$$'
ok only_root_loads_modules '! su student -c "insmod /lib/modules/livepatch-sample.ko" 2>/dev/null && ! grep -q livepatch_sample /proc/modules'
ok control_files_are_read_only_for_others 'insmod /lib/modules/livepatch-sample.ko &&
	! su student -c "echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled" 2>/dev/null &&
	[ "$(cat /sys/kernel/livepatch/livepatch_sample/enabled)" = 1 ]'
is patches_are_visible_to_others 1 'su student -c "cat /sys/kernel/livepatch/livepatch_sample/enabled"'
ok root_disables_the_patch_and_unloads_it 'while [ "$(cat /sys/kernel/livepatch/livepatch_sample/transition)" = 1 ]; do sleep 0.1; done
	echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
	while [ -d /sys/kernel/livepatch/livepatch_sample ] || [ "$(cat /sys/module/livepatch_sample/refcnt)" != 0 ]; do
		sleep 0.1
	done
	rmmod livepatch_sample'
ok signals_to_others_fail '! su student -c "kill -9 1" 2>/dev/null'
ok stacks_of_others_are_closed '! su student -c "cat /proc/1/stack" >/dev/null 2>&1'
ok own_stack_is_closed '! su student -c "cat /proc/self/stack" >/dev/null 2>&1'
ok stack_is_open_for_root 'grep -q "schedule+0x" /proc/1/stack'
ok password_file_is_not_writable '! su student -c "echo x >>/etc/passwd" 2>/dev/null'
is umask_is_kept 640 'su student -c "umask 027; touch /tmp/um_$$"; stat -c %a /tmp/um_$$; rm -f /tmp/um_$$'
ok tmp_is_sticky 'touch /tmp/roots_$$ && chmod 666 /tmp/roots_$$ && ! su student -c "rm -f /tmp/roots_$$" 2>/dev/null; rm /tmp/roots_$$'
ok only_root_reads_passwords '! su student -c "cat /etc/shadow" 2>/dev/null && grep -q "^root:[$]6[$]" /etc/shadow'
ok su_is_a_setuid_program_of_root '[ "$(stat -c "%a %u" /bin/su)" = "4755 0" ]'
matches su_needs_a_password_or_root '*su: incorrect password' 'su student -c "/bin/su -c id </dev/null" 2>&1'
ok terminal_is_open_to_its_users 'su student -c ": <>/dev/tty"'
is terminal_has_modes 'no
no
yes' 'chmod 660 /dev/ttyS0
	su student -c ": <>/dev/ttyS0" 2>/dev/null || echo no
	chmod 642 /dev/ttyS0; su student -c ": </dev/console" 2>/dev/null || echo no
	chgrp lab /dev/ttyS0; su student -c ": </dev/console" && echo yes
	chgrp tty /dev/ttyS0; chmod 666 /dev/ttyS0'
is limits_of_the_shell '20' 'su student -c "ulimit -n 20; ulimit -n"'
ok ps_works_for_others 'su student -c ps | grep -q init'
done_testing
