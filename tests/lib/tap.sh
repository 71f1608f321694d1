# SPDX-License-Identifier: GPL-2.0-or-later
# tap.sh - TAP from shell scripts, to be sourced by tests/guest/*/*.sh.
#
#	. /tests/tap.sh
#	is a_pipe_passes_data 3 'seq 3 | wc -l'		the output (stdout and stderr) of a command
#	ok a_file_is_there '[ -f /etc/passwd ]'		its status
#	matches ps_shows_init '*init*' 'ps'		a shell pattern for its output
#	skip a_name why
#	done_testing
#
# A name is a claim. Each command runs in a subshell of its own, in an empty directory, so that nothing of it reaches the
# next one. done_testing prints the plan and ends the script with the suite's status. With TAP_TOKEN in the environment, each
# result and the plan end with it (labs/lib/grading.py).

tap_count=0 tap_failed=0
tap_home=${TMPDIR:-/tmp}/tap.$$
tap_token=${TAP_TOKEN:+ #$TAP_TOKEN}
mkdir -p "$tap_home"

# tap_line OK NAME: the result; then what a failure saw, as comments.
tap_line()
{
	tap_count=$((tap_count + 1))
	if [ "$1" = 1 ]; then
		echo "ok $tap_count - $2$tap_token"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "# command: $3"
	echo "# status $tap_status, output:"
	echo "$tap_output" | head -n 20 | sed 's/^/#   /'
	[ -z "$4" ] || echo "# expected: $4" | sed '2,$s/^/#   /'
	echo "not ok $tap_count - $2$tap_token"
}

tap_run()
{
	rm -rf "$tap_home/d"
	mkdir "$tap_home/d"
	tap_output=$(cd "$tap_home/d" && (eval "$1") 2>&1)
	tap_status=$?
}

is()
{
	tap_run "$3"
	[ "$tap_output" = "$2" ] && tap_line 1 "$1" || tap_line 0 "$1" "$3" "$2"
}

ok()
{
	tap_run "$2"
	[ "$tap_status" = 0 ] && tap_line 1 "$1" || tap_line 0 "$1" "$2"
}

matches()
{
	tap_run "$3"
	case $tap_output in
	$2) tap_line 1 "$1" ;;
	*) tap_line 0 "$1" "$3" "like $2" ;;
	esac
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2$tap_token"
}

done_testing()
{
	rm -rf "$tap_home"
	echo "1..$tap_count$tap_token"
	exit $((tap_failed != 0))
}
