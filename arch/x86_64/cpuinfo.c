/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/cpuinfo: one paragraph for each CPU, with the fields and words of Linux. */
#include <neurath/arch.h>
#include <neurath/kernfs.h>
#include <neurath/string.h>
#include "clock.h"
#include "x86.h"

struct cpu_flag_word {
	u32 leaf, sub;
	u8 reg;				/* 0 eax, 1 ebx, 2 ecx, 3 edx */
	const char *const *names;	/* of the bits that have a name */
};

static const char *const flags_1_edx[32] = {
	"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", NULL, "sep", "mtrr",
	"pge", "mca", "cmov", "pat", "pse36", "pn", "clflush", NULL, "dts", "acpi", "mmx", "fxsr",
	"sse", "sse2", "ss", "ht", "tm", NULL, "pbe",
};
static const char *const flags_1_ecx[32] = {
	"pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2", "ssse3",
	"cid", "sdbg", "fma", "cx16", "xtpr", "pdcm", NULL, "pcid", "dca", "sse4_1", "sse4_2",
	"x2apic", "movbe", "popcnt", "tsc_deadline_timer", "aes", "xsave", "osxsave", "avx",
	"f16c", "rdrand", "hypervisor",
};
static const char *const flags_ext_edx[32] = {
	[11] = "syscall", [19] = "mp", [20] = "nx", [22] = "mmxext", [25] = "fxsr_opt",
	[26] = "pdpe1gb", [27] = "rdtscp", [29] = "lm", [30] = "3dnowext", [31] = "3dnow",
};
static const char *const flags_ext_ecx[32] = {
	[0] = "lahf_lm", [1] = "cmp_legacy", [2] = "svm", [4] = "cr8_legacy", [5] = "abm",
	[6] = "sse4a", [7] = "misalignsse", [8] = "3dnowprefetch",
};
/* Without fsgsbase: it is not enabled, so programs cannot use it. */
static const char *const flags_7_ebx[32] = {
	[3] = "bmi1", [5] = "avx2", [7] = "smep", [8] = "bmi2", [9] = "erms",
	[10] = "invpcid", [14] = "mpx", [16] = "avx512f", [18] = "rdseed", [19] = "adx",
	[20] = "smap", [23] = "clflushopt", [24] = "clwb", [29] = "sha_ni",
};
static const struct cpu_flag_word cpu_flag_words[] = {
	{ 1, 0, 3, flags_1_edx }, { 0x80000001, 0, 3, flags_ext_edx }, { 1, 0, 2, flags_1_ecx },
	{ 0x80000001, 0, 2, flags_ext_ecx }, { 7, 0, 1, flags_7_ebx },
};

static void cpuinfo_flags(struct seq_file *m)
{
	seq_puts(m, "flags\t\t:");
	for (unsigned int w = 0; w < ARRAY_SIZE(cpu_flag_words); w++) {
		const struct cpu_flag_word *word = &cpu_flag_words[w];
		struct cpuid_regs r;
		u32 bits;

		if (cpuid(word->leaf & 0x80000000, 0).eax < word->leaf)
			continue;
		r = cpuid(word->leaf, word->sub);
		bits = word->reg == 1 ? r.ebx : word->reg == 2 ? r.ecx : r.edx;
		for (unsigned int i = 0; i < 32; i++) {
			if ((bits & (1u << i)) && word->names[i])
				seq_printf(m, " %s", word->names[i]);
		}
	}
	seq_puts(m, "\nbugs\t\t:\n");
}

static void cpuinfo_names(char vendor[13], char model[49])
{
	struct cpuid_regs r = cpuid(0, 0);

	memcpy(vendor, &r.ebx, 4);
	memcpy(vendor + 4, &r.edx, 4);
	memcpy(vendor + 8, &r.ecx, 4);
	vendor[12] = '\0';
	memset(model, 0, 49);
	if (cpuid(0x80000000, 0).eax < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		r = cpuid(0x80000002 + i, 0);
		memcpy(model + 16 * i, &r, 16);
	}
}

static void cpuinfo_show_cpu(struct seq_file *m, unsigned int cpu)
{
	u32 sig = cpuid(1, 0).eax, ebx = cpuid(1, 0).ebx;
	u32 family = (sig >> 8) & 15, model = (sig >> 4) & 15;
	u64 khz = clock_tsc_khz();
	char vendor[13], name[49];

	if (family == 15)
		family += (sig >> 20) & 255;
	if (family >= 6)
		model += ((sig >> 16) & 15) << 4;
	cpuinfo_names(vendor, name);
	seq_printf(m, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
		   vendor, family, model);
	seq_printf(m, "model name\t: %s\nstepping\t: %u\n", name, sig & 15);
	seq_printf(m, "cpu MHz\t\t: %lu.%03lu\n", (unsigned long)(khz / 1000),
		   (unsigned long)(khz % 1000));
	seq_printf(m, "physical id\t: %u\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n", cpu);
	seq_printf(m, "apicid\t\t: %u\ninitial apicid\t: %u\n", cpus[cpu].apic_id,
		   cpus[cpu].apic_id);
	seq_printf(m, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
		   cpuid(0, 0).eax);
	cpuinfo_flags(m);
	seq_printf(m, "bogomips\t: %lu.%02lu\nclflush size\t: %u\ncache_alignment\t: 64\n",
		   (unsigned long)(khz / 500), (unsigned long)(khz / 5 % 100),
		   ((ebx >> 8) & 255) * 8);
	seq_puts(m, "address sizes\t: 46 bits physical, 48 bits virtual\npower management:\n\n");
}

static int cpuinfo_proc_show(struct seq_file *m, void *v)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		cpuinfo_show_cpu(m, cpu);
	return 0;
}
KERNFS_SHOW(proc_cpuinfo, "/proc/cpuinfo", 0444, cpuinfo_proc_show);
