#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The samples of livepatch/samples. Each is used with the commands that its head comment gives.
# timeout: 180
. /tests/tap.sh
. /tests/klp.sh

CMDLINE=$(cat /proc/cmdline)
VERSION=$(cat /proc/version)
lines() { cat "$@" | tr '\n' ';'; }

# ---- livepatch-sample: one function --------------------------------------------------------------------
scenario sample
load livepatch-sample
is sample_replaces_a_function 'livepatch_sample: this has been live patched' 'cat /proc/cmdline'
disable livepatch_sample
unload livepatch_sample
is sample_gives_it_back "$CMDLINE" 'cat /proc/cmdline'
log_is log_of_the_sample "% insmod livepatch-sample
$(enabled_log livepatch_sample)
% echo 0 > livepatch_sample/enabled
$(disabled_log livepatch_sample)
% rmmod livepatch_sample"

# ---- livepatch-shadow-mod, livepatch-shadow-fix: a field for a structure that is in use -------------------
scenario shadow
DESK=/sys/kernel/tickets
say_and_write() { say "% echo $2 > $1"; echo "$2" >$DESK/$1; }
load livepatch-shadow-mod
say_and_write issue Ada
is desk_loses_the_name 'ticket 1;' 'lines $DESK/list'
load livepatch-shadow-fix
say_and_write issue Grace
say_and_write issue Barbara
is new_tickets_have_a_name 'ticket 1: name unknown;ticket 2 for Grace;ticket 3 for Barbara;' 'lines $DESK/list'
say_and_write close 1
say_and_write close 2
is name_is_freed_with_its_ticket 'ticket 3 for Barbara;' 'lines $DESK/list'
disable livepatch_shadow_fix
is structure_is_what_it_was 'ticket 3;' 'lines $DESK/list'
unload livepatch_shadow_fix
unload livepatch-shadow-mod
log_is log_of_the_shadow_variables "% insmod livepatch-shadow-mod
% echo Ada > issue
% insmod livepatch-shadow-fix
$(enabled_log livepatch_shadow_fix)
% echo Grace > issue
% echo Barbara > issue
% echo 1 > close
% echo 2 > close
livepatch_shadow_fix: name \"Grace\" freed
% echo 0 > livepatch_shadow_fix/enabled
$(disabled_log livepatch_shadow_fix | sed '$d')
livepatch_shadow_fix: name \"Barbara\" freed
livepatch: 'livepatch_shadow_fix': unpatching complete
% rmmod livepatch_shadow_fix
% rmmod livepatch-shadow-mod"

# ---- livepatch-callbacks: what a patch needs besides code ---------------------------------------------------
scenario callbacks
load livepatch-callbacks
is text_of_pre_patch_is_shown 'a version with callbacks, seen by everybody' 'cat /proc/version'
disable livepatch_callbacks
unload livepatch_callbacks
is version_is_the_old_text "$VERSION" 'cat /proc/version'
matches refusal_of_pre_patch_is_the_error_of_insmod '*No such device*' 'try livepatch-callbacks refuse=Y'
is refused_patch_leaves_the_version "$VERSION" 'cat /proc/version'
log_is log_of_the_callbacks "% insmod livepatch-callbacks
livepatch: enabling patch 'livepatch_callbacks'
livepatch: 'livepatch_callbacks': initializing patching transition
livepatch_callbacks: pre_patch: no task has switched
livepatch: 'livepatch_callbacks': starting patching transition
livepatch: 'livepatch_callbacks': completing patching transition
livepatch_callbacks: post_patch: all tasks have switched
livepatch: 'livepatch_callbacks': patching complete
% echo 0 > livepatch_callbacks/enabled
livepatch: 'livepatch_callbacks': initializing unpatching transition
livepatch_callbacks: pre_unpatch: no task has gone back
livepatch: 'livepatch_callbacks': starting unpatching transition
livepatch: 'livepatch_callbacks': completing unpatching transition
livepatch_callbacks: post_unpatch: all tasks have gone back
livepatch: 'livepatch_callbacks': unpatching complete
% rmmod livepatch_callbacks
% insmod livepatch-callbacks refuse=Y
livepatch: enabling patch 'livepatch_callbacks'
livepatch: 'livepatch_callbacks': initializing patching transition
livepatch_callbacks: pre_patch: no task has switched
livepatch: pre-patch callback failed for object 'vmlinux'
livepatch: failed to enable patch 'livepatch_callbacks'
livepatch: 'livepatch_callbacks': canceling patching transition, going to unpatch
livepatch: 'livepatch_callbacks': completing unpatching transition
livepatch: 'livepatch_callbacks': unpatching complete"

# ---- livepatch-later: a patch for a module that is not there --------------------------------------------------
scenario later
patched() { get livepatch_later/livepatch_later_mod/patched; }
load livepatch-later
is module_is_not_there 0 patched
load livepatch-later-mod
is late_module_is_patched '1 good evening' 'echo $(patched) $(cat /proc/greeting)'
unload livepatch-later-mod
is module_may_go_before_its_patch 0 patched
load livepatch-later-mod
disable livepatch_later
is patch_may_go_before_its_module 'good morning' 'cat /proc/greeting'
unload livepatch_later
unload livepatch-later-mod
log_is log_of_the_late_module "% insmod livepatch-later
$(enabled_log livepatch_later)
% insmod livepatch-later-mod
livepatch: applying patch 'livepatch_later' to loading module 'livepatch_later_mod'
livepatch_later_mod: good evening
% rmmod livepatch-later-mod
livepatch: reverting patch 'livepatch_later' on unloading module 'livepatch_later_mod'
% insmod livepatch-later-mod
livepatch: applying patch 'livepatch_later' to loading module 'livepatch_later_mod'
livepatch_later_mod: good evening
% echo 0 > livepatch_later/enabled
$(disabled_log livepatch_later)
% rmmod livepatch_later
% rmmod livepatch-later-mod"

# ---- livepatch-replace: one patch instead of a stack ------------------------------------------------------------
scenario replace
load livepatch-sample
load livepatch-callbacks
load livepatch-replace
gone livepatch_sample
gone livepatch_callbacks
is one_patch_is_left livepatch_replace 'ls $KLP'
is replacing_patch_has_its_own_text 'livepatch_replace: this is release 2' 'cat /proc/cmdline'
is functions_that_the_replacing_patch_lacks_are_original "$VERSION" 'cat /proc/version'
unload livepatch_sample
unload livepatch_callbacks
load livepatch-sample
is older_release_is_loaded_again 'livepatch_sample: this has been live patched' 'cat /proc/cmdline'
disable livepatch_sample
unload livepatch_sample
disable livepatch_replace
unload livepatch_replace
log_is log_of_the_replace "% insmod livepatch-sample
$(enabled_log livepatch_sample)
% insmod livepatch-callbacks
$(enabled_log livepatch_callbacks | sed '3i livepatch_callbacks: pre_patch: no task has switched
5i livepatch_callbacks: post_patch: all tasks have switched')
% insmod livepatch-replace
$(enabled_log livepatch_replace)
% rmmod livepatch_sample
% rmmod livepatch_callbacks
% insmod livepatch-sample
$(enabled_log livepatch_sample)
% echo 0 > livepatch_sample/enabled
$(disabled_log livepatch_sample)
% rmmod livepatch_sample
% echo 0 > livepatch_replace/enabled
$(disabled_log livepatch_replace)
% rmmod livepatch_replace"

# ---- livepatch-protocol: functions that must agree ----------------------------------------------------------------
# Starts a letter: the sender has done the first half and waits. letter() lets the sender do the second half.
send_letter()
{
	echo 1000000 >/sys/module/livepatch_protocol_mod/parameters/travel
	cat /proc/letter >/tmp/letter.$$ &
	sender=$!
	until grep -q letter_send /proc/$sender/stack; do usleep 1000; done
}
letter() { echo 0 >/sys/module/livepatch_protocol_mod/parameters/travel; wait $sender; cat /tmp/letter.$$; rm /tmp/letter.$$; }

scenario protocol
load livepatch-protocol-mod
send_letter
start livepatch-protocol careless=1
settle livepatch_protocol
letter >/tmp/result.$$
is letter_between_two_rules_is_garbled garbled 'cat /tmp/result.$$'
disable livepatch_protocol
unload livepatch_protocol
send_letter
start livepatch-protocol
blockers() { cut -d" " -f1 $KLP/livepatch_protocol/blockers; }
until [ "$(blockers)" = "$sender" ]; do usleep 1000; done	# the other tasks have changed over
is letter_under_way_is_waited_for "1 $sender" 'echo $(get livepatch_protocol/transition) $(blockers)'
letter >/tmp/result.$$
settle livepatch_protocol
is letter_under_way_arrives clear 'cat /tmp/result.$$'
send_letter
set_file livepatch_protocol/enabled 0
letter >/tmp/result.$$
gone livepatch_protocol
is letter_of_the_new_rule_arrives clear 'cat /tmp/result.$$'
unload livepatch_protocol
rm /tmp/result.$$

# Sends many letters, while a patch is enabled and disabled all the time.
echo 3 >/sys/module/livepatch_protocol_mod/parameters/travel
for i in 1 2 3 4; do
	while [ ! -e /tmp/stop.$$ ]; do cat /proc/letter; done >/tmp/letters.$i &
done
for i in 1 2 3 4 5 6 7 8 9 10; do
	load livepatch-protocol
	disable livepatch_protocol
	unload livepatch_protocol
done
touch /tmp/stop.$$
wait
is no_letter_of_many_is_garbled clear 'cat /tmp/letters.? | sort -u'
rm /tmp/stop.$$ /tmp/letters.?
unload livepatch-protocol-mod

# ---- livepatch-state: what the next patch takes over -----------------------------------------------------------------
scenario state
level() { cut -f1 /proc/sys/kernel/printk; }
LEVEL=$(level)
load livepatch-state
is console_is_switched 15 level
load livepatch-state2
gone livepatch_state
unload livepatch_state
is next_release_takes_over 15 level
matches older_release_is_refused '*Invalid argument*' 'try livepatch-state'
disable livepatch_state2
is console_is_as_before_the_first "$LEVEL" level
unload livepatch_state2
log_is log_of_the_states "% insmod livepatch-state
$(enabled_log livepatch_state | sed '5i livepatch_state: the console gets all messages')
% insmod livepatch-state2
$(enabled_log livepatch_state2 | sed '5i livepatch_state2: version 2 takes over from 1')
% rmmod livepatch_state
% insmod livepatch-state
livepatch: Livepatch patch (livepatch_state) is not compatible with the already installed livepatches.
% echo 0 > livepatch_state2/enabled
$(disabled_log livepatch_state2 | sed '2i livepatch_state2: the console is as before')
% rmmod livepatch_state2"

# ---- livepatch-blocked: a task that keeps the transition waiting ---------------------------------------------------------
scenario blocked
sleep 1000 &
sleeper=$!
until grep -q sleep_until_interruptible /proc/$sleeper/stack; do sh -c :; done
start livepatch-blocked
is sleeper_keeps_transition_waiting '1 0' 'echo $(get livepatch_blocked/transition) $(cat /proc/$sleeper/patch_state)'
matches sleeper_is_named "*$sleeper sleep cpu * S pending: asleep in sleep_until_interruptible+0x*" 'get livepatch_blocked/blockers'
set_file livepatch_blocked/signal 1
settle livepatch_blocked
slept() { dmesg | grep -c "livepatch_blocked: sleep:$sleeper sleeps in the new version"; }
# The change over ends the transition, before the task calls the new version.
until [ "$(slept)" != 0 ] && [ "$(cut -d" " -f3 /proc/$sleeper/stat)" = S ]; do usleep 1000; done
is sleeper_sleeps_on_in_the_new_version 1 slept
kill $sleeper
wait
set_file livepatch_blocked/enabled 0
set_file livepatch_blocked/signal 1 >/dev/null	# wakes any other sleeper
gone livepatch_blocked
unload livepatch_blocked

done_testing
