#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs of other projects: Debian's bash (static) and dash (dynamically linked, by glibc's loader).
# configurations: cpus=2,4 firmware=bios
# timeout: 120
. /tests/tap.sh

B=/bin/bash

# On any system bash forgets a child that ended before `wait -n`, `fg` or the use of a coprocess. So a child evaluates
# this text: the child continues when bash sleeps in its wait.
export UNTIL_WAITING='until grep -q sys_wait4 /proc/$$/stack; do usleep 1000; done'

# ---- bash as scripts use it ---------------------------------------------------------------------------
matches bash_starts '5.*' '$B -c "echo \$BASH_VERSION"'
is bash_arrays '3 c' '$B -c '\''a=(a b c); echo ${#a[@]} ${a[@]: -1}'\'
is bash_associative_arrays 'x=1 y=2' '$B -c '\''declare -A m=([x]=1 [y]=2); for k in x y; do printf "%s " $k=${m[$k]}; done'\'' | xargs'
is bash_process_substitution same '$B -c '\''diff <(seq 5) <(seq 5) && echo same'\'
is bash_output_substitution 'ABC' '$B -c '\''echo abc > >(tr a-z A-Z); wait $!'\'
is bash_coproc 'got hello' '$B -c '\''coproc C { read x; echo got $x; read x; }; echo hello >&${C[1]}; read y <&${C[0]}; echo $y'\'
is bash_trap_of_a_signal 'usr1 on' '$B -c '\''trap "echo usr1" USR1; kill -USR1 $$; echo on'\'' | xargs'
is bash_trap_of_the_end 'body end' '$B -c '\''trap "echo end" EXIT; echo body'\'' | xargs'
is bash_trap_of_errors 'err 3' '$B -c '\''trap "echo err \$?" ERR; (exit 3)'\'
is bash_read_times_out 142 'mkfifo f; $B -c '\''exec 3<>f; read -t 0.1 x <&3; echo $?'\'
is bash_here_string 'one two' '$B -c '\''read a b <<<"one two"; echo $a $b'\'
is bash_here_document_is_large 20000 '$B -c '\''wc -l <<EOT
$(seq 20000)
EOT'\'
is bash_pipestatus '1 0' '$B -c '\''false | true; echo ${PIPESTATUS[@]}'\'
is bash_waits_for_any '0 7' '$B -c '\''(eval "$UNTIL_WAITING"; exit 7) & wait -n; s=$?; eval "$UNTIL_WAITING" & wait -n; echo $? $s'\'
is bash_job_control 'Running 0' '$B -ic '\''{ until [ -e go ]; do usleep 1000; done; eval "$UNTIL_WAITING"; } & jobs | grep -o Running; : >go; fg >/dev/null; echo $?'\'' 2>/dev/null | xargs'
is bash_subshells_nest 3 '$B -c '\''( ( (echo $BASH_SUBSHELL) ) )'\'
is bash_regular_expressions 42 '$B -c '\''[[ abc42 =~ ([0-9]+) ]] && echo ${BASH_REMATCH[1]}'\'
is bash_globs 'a.c b.c' 'touch a.c b.c c.h; $B -c "echo *.c"'
is bash_extended_globs c.h 'touch a.c b.c c.h; $B -O extglob -c '\''echo !(*.c)'\'
is bash_mapfile 5 'seq 5 >f; $B -c '\''mapfile -t l <f; echo ${l[4]}'\'
is bash_descriptor_variables 'x' '$B -c '\''exec {fd}>f; echo x >&$fd; exec {fd}>&-; cat f'\'
is bash_limits 64 '$B -c '\''ulimit -n 64; ulimit -n'\'
is bash_times ok '$B -c '\''TIMEFORMAT=%R; time true'\'' 2>&1 | grep -qE "^[0-9.]+$" && echo ok'
is bash_runs_a_script_file 'args 2 b' 'printf "#!/bin/bash\necho args \$# \$2\n" >s; chmod +x s; ./s a b'
is bash_command_not_found 127 '$B -c nosuchcommand 2>/dev/null; echo $?'
is bash_hundred_children 100 '$B -c '\''for i in {1..100}; do (echo $i >>f) & p+=($!); done; wait ${p[@]}; wc -l <f'\'

# ---- a dynamically linked program ------------------------------------------------------------------------
is loader_runs_a_program 42 '/bin/dash -c "echo \$((6 * 7))"'
is loader_by_hand 42 '/lib64/ld-linux-x86-64.so.2 /bin/dash -c "echo 42"'
matches loader_lists_libraries '*libc.so.6*' '/lib64/ld-linux-x86-64.so.2 --list /bin/dash'
is dynamic_program_forks 'in out' '/bin/dash -c "(echo in); echo out" | xargs'
is dynamic_program_gets_signals trapped '/bin/dash -c "trap \"echo trapped\" TERM; kill \$\$"'
is preload_of_a_missing_library ok 'LD_PRELOAD=/no/such.so /bin/dash -c "echo ok" 2>/dev/null'
is missing_loader_is_noent 127 'sed "s#/lib64/ld-linux-x86-64#/lib64/no-linux-x86-64#" /bin/dash >d; chmod +x d; ./d -c true 2>/dev/null; echo $?'
is mapped_libraries_are_shown 1 '/bin/dash -c "cat /proc/\$\$/maps; :" | grep -c "r-xp.*libc.so.6"'

# ---- our own tests, with glibc instead of musl --------------------------------------------------------------
for name in futex pipes signal_calls signal_frame signal_stop signals thread_signals threads time; do
	is glibc_$name 'status 0' "/tests/glibc-$name >log; s=\$?; grep -A9 '^not ok' log; echo status \$s"
done

done_testing
