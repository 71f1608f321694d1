/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script counts all lines of the trace, also the comment lines at its head.
 *
 * loses: P8
 */
/* file: labs/L0/work/calls.sh */
cd /sys/kernel/tracing || exit 1
function=$1
shift
echo "$function" >set_ftrace_filter
echo >trace
echo function >current_tracer
"$@" >/dev/null
echo nop >current_tracer
echo >set_ftrace_filter
wc -l <trace
