#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Probes are set and removed on the functions of the consistency oracle (tests/modules/klp_oracle.c), while these
# functions are patched and unpatched under load. No task may mix versions because it entered a function through a trap.
# Then probes are set on functions of the whole kernel.
# timeout: 180
. /tests/tap.sh
. /tests/klp.sh

ROUNDS=25
DIR=/tmp/probes.$$
mkdir $DIR

run_pairs() { while [ ! -e $DIR/stop_pairs ]; do cat /proc/oracle_none /proc/oracle_yield /proc/oracle_sleep; done >/dev/null; }

# Sets one probe after the other. Each probe is removed after its first hit.
probe()
{
	insmod /lib/modules/lx_kprobe.ko has_post_handler=0 symbol=klp_oracle:$1
	until [ "$(cat /sys/module/lx_kprobe/parameters/before)" -gt 0 ]; do usleep 1000; done
	rmmod lx_kprobe
}
run_probes()
{
	while [ ! -e $DIR/stop_probes ]; do
		for function in oracle_outer oracle_inner oracle_tick; do probe $function; done
		echo round >>$DIR/rounds
	done
}

insmod /lib/modules/klp_oracle.ko
for i in $(seq $(nproc)); do
	run_pairs &
	run_pairs &
done
run_probes &
prober=$!
for i in $(seq $ROUNDS); do
	load klp_oracle_patch
	until_runs new
	disable klp_oracle_patch
	unload klp_oracle_patch
	until_runs old
done
until [ -s $DIR/rounds ]; do usleep 1000; done
touch $DIR/stop_probes
wait $prober
touch $DIR/stop_pairs
wait

echo "# $(wc -l <$DIR/rounds) rounds of probes, $ROUNDS of patches: $(cat /proc/oracle_record)"
is both_versions_ran 'old new' 'cat /proc/oracle_record | { read _ old _ new _; [ $old -ge $ROUNDS ] && [ $new -ge $ROUNDS ] && echo old new; }'
is no_task_mixed_versions 'mixed 0 wrong_state 0 retired 0' 'cut -d" " -f5-10 /proc/oracle_record'
is oracle_and_probe_unload 0 'rmmod klp_oracle; echo $?; ls /sys/module | grep lx_kprobe'
rm -r $DIR

# ---- one stack, one state -----------------------------------------------------------------------------
# These functions run while a CPU switches tasks. The stack and the patch state change at the same moment. So a function
# always runs with the patch state of the task whose stack it uses.
for function in sched_switch mm_activate arch_switch_to ioport_switch; do
	insmod /lib/modules/tm_astray.ko symbol=$function
	# The server of the console has I/O ports, so its switches call ioport_switch().
	until [ "$(cat /sys/module/tm_astray/parameters/hits)" -gt 20 ]; do echo "#"; usleep 1000; done
	is "stack_of_${function}_is_that_of_current" 0 'cat /sys/module/tm_astray/parameters/astray'
	rmmod tm_astray
done

# ---- any function ------------------------------------------------------------------------------------
# A probe is set on each 25th function of the kernel, while a command runs. The seed chooses the first function.
# Functions without a slot are refused. On the others the probe may be hit or not, and the machine must survive.
STEP=25
probed=0 refused=0
for function in $(awk -v n=$((${TAP_SEED:-0} % STEP)) -v step=$STEP 'tolower($2) == "t" && NF == 3 && NR % step == n { print $3 }' /proc/kallsyms); do
	if klp load lx_kprobe symbol=$function 2>/dev/null; then
		seq 3 | sort -r >/dev/null
		rmmod lx_kprobe
		probed=$((probed + 1))
	else
		refused=$((refused + 1))
	fi
done
echo "# $probed probed, $refused refused"
ok any_function_can_be_probed '[ $probed -gt 20 ] && [ $refused -lt $probed ]'

# Functions that were freed after the boot are not in kallsyms, so they cannot be probed.
is functions_of_the_start_are_not_listed 0 "grep -c ' race_init\$' /proc/kallsyms"

# ---- the list of slots in use ------------------------------------------------------------------------
users() { cat /sys/kernel/tracing/enabled_functions; }
is no_slot_is_in_use '' users
load livepatch-sample
is patched_function_is_listed 'cmdline_proc_show (1) R I' users
insmod /lib/modules/lx_kprobe.ko has_post_handler=0 symbol=cmdline_proc_show
is probe_of_the_patched_function_is_counted 'cmdline_proc_show (2) R I' users
disable livepatch_sample
unload livepatch_sample
is slot_with_only_a_probe_is_listed 'cmdline_proc_show (1) R' 'users | sed "s/ *$//"'
rmmod lx_kprobe
is slots_are_given_back '' users

done_testing
