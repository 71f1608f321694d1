# SPDX-License-Identifier: GPL-2.0-or-later
# klp.sh - commands for live patches as an administrator's script gives them; tests/guest/*/*.sh source it after tap.sh.
#
#	scenario NAME			the lines of the log from here on belong to this scenario
#	load FILE [PARAM=VALUE]...	insmod /lib/modules/FILE.ko, and wait until all tasks have changed over
#	start FILE [PARAM=VALUE]...	the same without waiting
#	try FILE [PARAM=VALUE]...	a load that must fail; not insmod, because busybox's tries each file twice
#	disable PATCH			write 0 to enabled, and wait until the patch and its reference are gone
#	unload MODULE			rmmod
#	set_file PATCH/FILE VALUE	write to a file of a patch
#	get PATCH/FILE			the contents of a file of a patch
#	until_runs old|new		waits until that version of the oracle (tests/modules/klp_oracle.c) has run once more
#	log_is TEST_NAME LINES		a test: the log since scenario has exactly these lines
#
# Each command leaves the line "% COMMAND" in the log, so that log_is sees in which order the administrator and the kernel
# acted. Only these commands, lines of live patching and lines of the modules in KLP_MODULES count; the notice about the
# taint, which comes once a boot, does not count. enabled_log and disabled_log print
# the lines of an undisturbed transition. Until the script ends, only the file `signal` makes the kernel signal tasks.

KLP=/sys/kernel/livepatch
KLP_MODULES='lx_[a-z0-9_]*\|livepatch_[a-z0-9_]*'

# Without this the kernel would signal tasks and log it when a transition takes long, as on a busy host.
KLP_PERIOD=/proc/sys/kernel/livepatch_signal_period_ms
klp_period=$(cat $KLP_PERIOD)
echo 0 >$KLP_PERIOD
trap 'echo $klp_period >$KLP_PERIOD' EXIT

say() { echo "$*" >/dev/kmsg; }
scenario() { say "=== $1"; }

insert()
{
	local command=$1 file=$2
	shift 2
	say "% insmod $file${1:+ $*}"
	$command /lib/modules/$file.ko "$@" 2>&1
}

start() { insert insmod "$@"; }
try() { insert "klp load" "$@"; }

load() { start "$@"; settle "$(echo $1 | tr - _)"; }
settle() { while [ "$(cat $KLP/$1/transition 2>/dev/null)" = 1 ]; do usleep 1000; done; }
get() { cat $KLP/$1; }

set_file()
{
	say "% echo $2 > $1"
	{ echo $2 >$KLP/$1; } 2>&1 | sed "s/.*: //"
}

gone()
{
	while [ -d $KLP/$1 ]; do usleep 1000; done
	until [ "$(cat /sys/module/$1/refcnt)" = 0 ]; do usleep 1000; done
}

disable() { set_file $1/enabled 0; gone $1; }
unload() { say "% rmmod $1"; rmmod $1 2>&1; }

oracle_ran() { sed "s/.*\b$1 \([0-9]*\).*/\1/" /proc/oracle_record; }
until_runs()
{
	local before=$(oracle_ran $1)
	until [ "$(oracle_ran $1)" -gt "$before" ]; do usleep 1000; done
}

log_since() { dmesg | sed 's/^\[[^]]*\] //' | sed -n "H; /^=== /h; \$ { g; p }" | sed 1d; }
log_lines() { log_since | grep "^% \|^livepatch: \|^\($KLP_MODULES\): " | grep -v 'tainting kernel'; }
log_is() { is "$1" "$2" log_lines; }

enabled_log()
{
	echo "livepatch: enabling patch '$1'
livepatch: '$1': initializing patching transition
livepatch: '$1': starting patching transition
livepatch: '$1': completing patching transition
livepatch: '$1': patching complete"
}

disabled_log()
{
	echo "livepatch: '$1': initializing unpatching transition
livepatch: '$1': starting unpatching transition
livepatch: '$1': completing unpatching transition
livepatch: '$1': unpatching complete"
}
