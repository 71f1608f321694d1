/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vDSO: functions of clocks that run in user mode without a system call.
 *
 * The kernel maps this shared library into every program (kernel/mm/vdso.c), behind the page that
 * uapi/vdso.h describes.  A C library finds it by AT_SYSINFO_EHDR, and its functions by the names
 * and the version that Linux uses.  A clock that the page does not have is left to the kernel.
 *
 * The image has no relocations and no data, and calls no other code.  tools/vdso.py checks it.
 */
#include <stdint.h>
#include <uapi/syscall_nr.h>
#include <uapi/time.h>
#include <uapi/vdso.h>

#define NSEC_PER_SEC	1000000000UL
#define NSEC_PER_USEC	1000UL
#define BIT(n)		(1U << (n))

/* Clocks whose value is that of the boot clock, or of the real-time clock. */
#define OF_BOOT		(BIT(CLOCK_MONOTONIC) | BIT(CLOCK_MONOTONIC_RAW) | \
			 BIT(CLOCK_MONOTONIC_COARSE) | BIT(CLOCK_BOOTTIME))
#define OF_EPOCH	(BIT(CLOCK_REALTIME) | BIT(CLOCK_REALTIME_COARSE))

/* Results as those of the system calls: 0 or -errno. */
int __vdso_clock_gettime(int clock, struct timespec *ts);
int __vdso_clock_getres(int clock, struct timespec *ts);
int __vdso_gettimeofday(struct timeval *tv, void *zone);
long __vdso_time(long *seconds);
int __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);

/* Where the linker script says that it is: in front of the image. */
extern const volatile struct vdso_data vdso_data __attribute__((visibility("hidden")));

static inline uint64_t vdso_boot_ns(void)
{
	unsigned int low, high;

	/* rdtsc is not ordered with earlier loads; lfence is. (Intel SDM vol. 2, RDTSC) */
	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)((unsigned __int128)(((uint64_t)high << 32 | low) - vdso_data.tsc_base) *
			  vdso_data.tsc_mult >> 32);
}

static inline long vdso_syscall(long nr, long a, long b, long c)
{
	long ret = nr;

	__asm__ volatile("syscall" : "+a"(ret) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

static inline int vdso_is_one_of(int clock, unsigned int clocks)
{
	return (unsigned int)clock < 32 && clocks >> clock & 1;
}

int __vdso_clock_gettime(int clock, struct timespec *ts)
{
	uint64_t ns;

	if (!vdso_is_one_of(clock, OF_BOOT | OF_EPOCH))
		return (int)vdso_syscall(__NR_clock_gettime, clock, (long)ts, 0);
	ns = vdso_boot_ns();
	if (vdso_is_one_of(clock, OF_EPOCH))
		ns += vdso_data.realtime_offset;
	ts->tv_sec = (long)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (long)(ns % NSEC_PER_SEC);
	return 0;
}

int __vdso_clock_getres(int clock, struct timespec *ts)
{
	return (int)vdso_syscall(__NR_clock_getres, clock, (long)ts, 0);
}

int __vdso_gettimeofday(struct timeval *tv, void *zone)
{
	uint64_t us;

	if (zone)
		return (int)vdso_syscall(__NR_gettimeofday, (long)tv, (long)zone, 0);
	if (tv) {
		us = (vdso_boot_ns() + vdso_data.realtime_offset) / NSEC_PER_USEC;
		tv->tv_sec = (long)(us / (NSEC_PER_SEC / NSEC_PER_USEC));
		tv->tv_usec = (long)(us % (NSEC_PER_SEC / NSEC_PER_USEC));
	}
	return 0;
}

long __vdso_time(long *seconds)
{
	long now = (long)((vdso_boot_ns() + vdso_data.realtime_offset) / NSEC_PER_SEC);

	if (seconds)
		*seconds = now;
	return now;
}

/* There is one node. */
int __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	unsigned int limit;

	__asm__ volatile("lsl %1, %0" : "=r"(limit) : "r"((unsigned int)VDSO_CPU_SELECTOR) : "cc");
	if (cpu)
		*cpu = limit;
	if (node)
		*node = 0;
	return 0;
}

/* The names without a prefix, as Linux's image has them. */
#define ALSO(name) \
	extern __typeof__(__vdso_##name) name __attribute__((weak, alias("__vdso_" #name)))
ALSO(clock_gettime);
ALSO(clock_getres);
ALSO(gettimeofday);
ALSO(time);
ALSO(getcpu);
