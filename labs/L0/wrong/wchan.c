/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * where.sh prints the function in which the process sleeps, instead of the system call.
 *
 * loses: P5
 */
/* file: labs/L0/work/where.sh */
# where.sh PID: the number and name of a process, and the system call it sleeps in.
echo "$1 $(cat /proc/$1/comm) $(cat /proc/$1/wchan)"
