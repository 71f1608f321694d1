/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spin NICE: computes without end, with this nice value. */
#include <stdlib.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	if (argc != 2 || setpriority(PRIO_PROCESS, 0, atoi(argv[1])))
		return 1;
	for (volatile unsigned long n = 0;; n++)
		;
}
