# SPDX-License-Identifier: GPL-2.0-or-later
# Users of one function, such as tracers, patches and probes, that come and go in any order; a letter each. The suite has
# come_X and go_X for each letter X; `effects` prints the letters that have an effect on a call, and `sorted LETTERS` what it
# has to print. T and G are the function tracers, of which one is on at a time.
# walk COMING GOING: prints each step after which the effects differ from the letters of the current users.
walk()
{
	local here= step
	for step in $(echo $1 | sed 's/./& /g'); do
		come_$step
		case $step in T|G) here=$(echo $here | tr -d TG) ;; esac	# one tracer at a time
		here=$here$step
		[ "$(effects)" = "$(sorted $here)" ] || echo "came $here: effects $(effects)"
	done
	for step in $(echo $2 | sed 's/./& /g'); do
		go_$step; here=$(echo $here | tr -d $step)
		[ "$(effects)" = "$(sorted $here)" ] || echo "left $here: effects $(effects)"
	done
}
