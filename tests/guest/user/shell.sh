#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The shell as scripts use it: what it needs of processes, pipes, descriptors and signals.
# timeout: 120
. /tests/tap.sh

# ---- pipes and redirections -------------------------------------------------------------------------
is pipe_passes_data 3 'seq 3 | wc -l'
is long_pipeline_keeps_order 'c b a' 'echo "a b c" | tr " " "\n" | cat | cat | cat | sort -r | tr "\n" " " | sed "s/ $//"'
is pipe_larger_than_its_buffer 1000000 'head -c 1000000 /dev/zero | cat | wc -c'
is status_of_a_pipeline_is_that_of_its_end 0 'false | true; echo $?'
is writer_dies_of_a_closed_pipe 'y 141' '{ yes; echo $? >status; } | head -n 1 | tr "\n" " "; until [ -s status ]; do usleep 1000; done; cat status'
is output_goes_to_a_file hello 'echo hello >f; cat f'
is append_adds_to_a_file 'a
b' 'echo a >f; echo b >>f; cat f'
is errors_are_redirected '' 'ls /no/such 2>/dev/null'
is output_and_errors_go_to_one_file 2 '{ echo out; echo err >&2; } >f 2>&1; wc -l <f'
is order_of_redirections_counts err '{ echo out; echo err >&2; } 2>&1 >/dev/null'
is descriptors_are_duplicated three 'exec 3>f; echo three >&3; exec 3>&-; cat f'
is closed_descriptor_cannot_be_written 1 'echo x 2>/dev/null >&-; echo $?'
is input_from_a_descriptor 'one two' 'printf "one\ntwo\n" >f; exec 4<f; read a <&4; read b <&4; echo $a $b'
is read_write_descriptor abc 'exec 5<>f; echo abc >&5; cat f'
is noclobber_protects 1 'echo a >f; set -C; (echo b >f) 2>/dev/null; echo $?'
is here_document 'a 2 $x' 'cat <<EOT
a $((1 + 1)) \$x
EOT'
is quoted_here_document 'a $((1 + 1))' 'cat <<"EOT"
a $((1 + 1))
EOT'
is here_document_larger_than_a_pipe 20000 'cat <<EOT | wc -l
$(seq 20000)
EOT'

# ---- the language ----------------------------------------------------------------------------------
is command_substitution INNER 'echo $(echo inner | tr a-z A-Z)'
is nested_substitution deep 'echo $(echo $(echo $(echo deep)))'
is substitution_strips_newlines 'a.b' 'x=$(printf "a\n\n\n"); echo "$x.b"'
is large_substitution 100000 'x=$(head -c 100000 /dev/zero | tr "\0" x); echo ${#x}'
is arithmetic 42 'echo $(((5 + 2) * 6))'
is loops 'a1 b1 a2 b2' 'for i in 1 2; do for j in a b; do echo $j$i; done; done | xargs'
is while_read 6 'sum=0; while read n; do sum=$((sum + n)); done <<EOT
1
2
3
EOT
echo $sum'
is case_patterns match 'case hello.c in *.o) echo no;; h*.[ch]) echo match;; esac'
is functions_and_locals 'in out' 'f() { local x=in; echo $x; }; x=out; echo $(f) $x'
is parameter_expansion 'dir file c' 'p=dir/file.c; b=${p##*/}; echo ${p%/*} ${b%.c} ${p##*.}'
is positional_parameters '2 b' 'set -- a b; echo $# $2'
is globs_are_sorted 'a b c' 'touch c a b; echo *'
is globs_without_match_stay '*.none' 'echo *.none'
is and_or_lists yes 'false || true && echo yes'
is exit_status_of_a_subshell 7 '(exit 7); echo $?'
is status_of_a_missing_command 127 'nosuchcommand 2>/dev/null; echo $?'
is status_of_a_file_that_may_not_run 126 'echo x >f; ./f 2>/dev/null; echo $?'
is errexit_ends_the_shell 1 'sh -c "set -e; false; echo not reached"; echo $?'
is nounset_ends_the_shell 2 'sh -c "set -u; echo \$nosuch" 2>/dev/null; echo $?'
is environment_reaches_children val 'VAR=val sh -c "echo \$VAR"'
is exported_variables e 'export E=e; sh -c "echo \$E"'
is script_with_an_interpreter_line 'arg: x' 'printf "#!/bin/sh\necho arg: \$1\n" >s; chmod +x s; ./s x'
is script_without_an_interpreter_line plain 'echo "echo plain" >s; chmod +x s; ./s'
is source_reads_a_file sourced 'echo "v=sourced" >s; . ./s; echo $v'
is eval_builds_commands 5 'c="echo \$((2+3))"; eval $c'
is getopts 'a b=1 rest' 'f() { while getopts ab: o; do case $o in a) printf "a ";; b) printf "b=$OPTARG ";; esac; done; shift $((OPTIND-1)); echo $*; }; f -a -b 1 rest'
is printf_formats ' 7|007|x' 'printf "%2d|%03d|%s" 7 7 x'
is echo_keeps_backslashes_apart 'a	b' 'printf "a\tb\n"'
is test_compares_files newer 'touch -d "2001-01-01 00:00:00" old; touch new; [ new -nt old ] && echo newer'

# ---- directories -----------------------------------------------------------------------------------
is cd_and_pwd /usr 'cd /usr; pwd'
is cd_up / 'cd /usr; cd ..; pwd'
is cd_back /etc 'cd /etc; cd /; cd - >/dev/null; pwd'
is cd_to_a_file_fails / 'cd /; cd /etc/passwd 2>/dev/null; pwd'
is umask_applies 600 'umask 077; touch f; stat -c %a f'

# ---- processes and signals -------------------------------------------------------------------------
is background_and_wait 'fore back' '{ (until [ -e go ]; do usleep 1000; done; echo back) & echo fore; touch go; wait; } | xargs'
is wait_returns_the_status 3 '(exit 3) & wait $!; echo $?'
is wait_for_all 5 'for i in 1 2 3 4 5; do (sleep 0.05; echo x >>f) & done; wait; wc -l <f'
is trap_runs_on_a_signal 'caught
on' 'trap "echo caught" USR1; kill -USR1 $(exec sh -c "echo \$PPID"); echo on'
is trap_runs_at_exit 'body bye' 'sh -c "trap \"echo bye\" EXIT; echo body" | xargs'
is ignored_signals_are_inherited alive 'trap "" TERM; sh -c "kill -TERM \$\$; echo alive"'
is kill_ends_a_process 143 'sleep 100000 & kill $!; wait $! 2>/dev/null; echo $?'
is sigkill_cannot_be_trapped 137 '(sh -c "trap : KILL; kill -KILL \$\$"; echo $?) 2>/dev/null'
is trap_interrupts_wait 'got it' 'sh -c "trap \"echo got it; kill \\\$p; exit\" USR1; (until grep -q sys_rt_sigsuspend /proc/\$\$/stack; do usleep 1000; done; kill -USR1 \$\$) & sleep 100000 & p=\$!; wait \$p"'
is exec_replaces_the_shell new 'sh -c "exec echo new; echo old"'
is jobs_are_process_groups_of_their_own ok 'cat >s <<"EOT"
set -m
sleep 100000 &
[ $(cut -d" " -f5 /proc/$!/stat) = $! ] && echo ok >s.out
kill %1
wait
EOT
sh s >/dev/null 2>&1; cat s.out'
is stopped_jobs_are_listed_and_continued 'Stopped Running' 'cat >s <<"EOT"
set -m
sleep 100000 &
kill -STOP %1
until jobs >before; grep -q Stopped before; do usleep 1000; done
bg %1 >/dev/null
jobs >after
kill %1
EOT
sh s >/dev/null 2>&1; echo $(grep -o Stopped before) $(grep -o Running after)'
is stop_and_continue 'T S' 'state_is() { until [ "$(cut -d" " -f3 /proc/$p/stat)" = $1 ]; do usleep 1000; done; echo $1; }
sleep 100000 & p=$!; kill -STOP $p; echo $(state_is T; kill -CONT $p; state_is S); kill $p'
is orphans_get_init_as_parent 1 'sh -c "(until [ -e go ]; do usleep 1000; done; cut -d\" \" -f4 /proc/self/stat >f) & "; touch go; until [ -s f ]; do usleep 1000; done; cat f'
is times_of_children ok '{ time true; } 2>&1 | grep -q real && echo ok'
is ulimit_is_a_number_or_unlimited ok 'case $(ulimit -n) in [0-9]*|unlimited) echo ok;; esac'

done_testing
