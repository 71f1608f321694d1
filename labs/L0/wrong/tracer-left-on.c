/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The number is right, but the tracer stays on: all later commands are slower, and the next count begins with the
 * records of this one.
 *
 * loses: P8
 */
/* file: labs/L0/work/calls.sh */
cd /sys/kernel/tracing || exit 1
function=$1
shift
echo "$function" >set_ftrace_filter
echo function >current_tracer
echo >trace
"$@" >/dev/null
grep -c ": $function <-" trace
