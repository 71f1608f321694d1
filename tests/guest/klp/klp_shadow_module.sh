#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Shadow variables, as a module written for Linux uses them. The module lx_shadow logs the result of each call, with
# numbers in place of addresses: objects 1 to 3, values 4 to 7, 0 for none. One call warns, because it allocates a
# variable that exists.
# warnings: expected
. /tests/tap.sh
. /tests/klp.sh

scenario shadow
load lx_shadow
unload lx_shadow
is duplicate_is_warned_about 1 'log_since | grep -c "Duplicate shadow variable <.*, 1234>"'
is failing_constructor_is_logged 1 'log_lines | grep -c "livepatch: Failed to construct shadow variable <.*, 1234> (-22)"'
log_lines() { log_since | grep '^% \|^lx_shadow: '; }
log_is each_call_gives_what_it_should '% insmod lx_shadow
lx_shadow: get(obj 1, 0x1234) = 0
lx_shadow: ctor: obj 1 gets 4
lx_shadow: alloc(obj 1, 0x1234, 8, GFP_KERNEL) = 4
lx_shadow: ctor: obj 2 gets 5
lx_shadow: alloc(obj 2, 0x1234, 8, GFP_ATOMIC) = 5
lx_shadow: ctor: obj 1 gets 6
lx_shadow: alloc(obj 1, 0x1235, 8, GFP_KERNEL) = 6
lx_shadow: get(obj 1, 0x1234) = 4
lx_shadow: get(obj 2, 0x1234) = 5
lx_shadow: get(obj 1, 0x1235) = 6
lx_shadow: get(obj 2, 0x1235) = 0
lx_shadow: alloc(obj 1, 0x1234, 8, GFP_KERNEL) = 0
lx_shadow: get_or_alloc(obj 1, 0x1234, 8, GFP_KERNEL) = 4
lx_shadow: get_or_alloc(obj 3, 0x1234, 8, GFP_KERNEL) = 0
lx_shadow: get(obj 3, 0x1234) = 0
lx_shadow: ctor: obj 3 gets 7
lx_shadow: get_or_alloc(obj 3, 0x1234, 8, GFP_KERNEL) = 7
lx_shadow: get(obj 3, 0x1234) = 7
lx_shadow: dtor: obj 1 had 4
lx_shadow: get(obj 1, 0x1234) = 0
lx_shadow: get(obj 1, 0x1235) = 0
lx_shadow: get(obj 2, 0x1234) = 5
lx_shadow: get(obj 2, 0x1234) = 0
lx_shadow: get(obj 3, 0x1234) = 0
lx_shadow: ctor: obj 2 gets 5
lx_shadow: alloc(obj 2, 0x1235, 8, GFP_KERNEL) = 5
lx_shadow: dtor: obj 2 had 5
lx_shadow: 4 threads: 500 of 500 constructed, 500 destructed, 0 wrong
% rmmod lx_shadow'

done_testing
