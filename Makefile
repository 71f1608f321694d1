# SPDX-License-Identifier: GPL-2.0-or-later
#
# Neurath. `make help` lists the targets and options; docs/building.md explains how the pieces fit.
#
# Sources are found by wildcard: a new file in a known folder is built without touching this file. A change of compiler
# flags rebuilds what they were used for. Everything that is made goes below $(O).

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
.SECONDARY:

-include config.mk

# ---- options ----------------------------------------------------------------------------------------------------------

CPUS ?= 2
MEM ?= 512M
FIRMWARE ?= bios
ACCEL ?= tcg
DEBUG ?= 0
O ?= build$(if $(filter 1,$(DEBUG)),/debug)
BUSYBOX ?= $(shell command -v busybox-static || echo build/packages/busybox-static/bin/busybox)
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@printf '  %-8s %s\n' $(1) $(2))

CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
NM := $(CROSS_COMPILE)nm
OBJCOPY := $(CROSS_COMPILE)objcopy
OBJDUMP := $(CROSS_COMPILE)objdump
USER_CC ?= musl-gcc
PYTHON ?= python3

# ---- flags ------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wframe-larger-than=1024
WERROR := $(if $(filter true 1,$(CI)),-Werror)

# What the unwinder and live patching rely on; DESIGN in docs/livepatch.md. Each function starts with a 5-byte NOP, keeps
# a frame pointer, is called (never jumped to), is one piece, and no caller depends on the body of a callee.
PATCHABLE := -pg -mfentry -mnop-mcount -mrecord-mcount \
	-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-shrink-wrap \
	-fno-reorder-blocks-and-partition -flive-patching=inline-clone -fno-ipa-cp -fno-ipa-sra -fno-partial-inlining

CPPFLAGS := -nostdinc -isystem $(shell $(CC) -print-file-name=include) -Iinclude -I$(O)/include \
	-DCONFIG_DEBUG=$(DEBUG) -D__KERNEL__
KFLAGS := -std=gnu17 -O2 -g -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common \
	-fno-delete-null-pointer-checks -ffile-prefix-map=$(CURDIR)/= $(PATCHABLE) $(WARNINGS) $(WERROR) $(EXTRA_CFLAGS)
ASFLAGS := -D__ASSEMBLY__ -g -ffile-prefix-map=$(CURDIR)/= -Wa,--noexecstack
LDFLAGS := -nostdlib -static -z max-page-size=0x1000 -z noexecstack --no-warn-rwx-segments --build-id=sha1 \
	--orphan-handling=error

# ---- sources ----------------------------------------------------------------------------------------------------------

KERNEL_SOURCES := $(sort $(filter-out arch/x86_64/asm-offsets.c, \
	$(wildcard boot/*.[cS] arch/x86_64/*.[cS] kernel/*.[cS] kernel/*/*.[cS] livepatch/*.[cS])))
KERNEL_OBJECTS := $(KERNEL_SOURCES:%=$(O)/kernel/%.o)
OFFSETS := $(O)/include/generated/asm-offsets.h
KERNEL := $(O)/neurath.elf

.PHONY: help
help:            # this text
	@echo 'Targets:'
	@sed -n 's/^\([a-z_.]*\): *.*# \(.*\)/  \1|\2/p' Makefile | column -t -s '|'
	@echo 'Options:'
	@echo '  CPUS=2 MEM=512M FIRMWARE=bios|uefi ACCEL=tcg|kvm SHARE=hostdir SCRIPT=file.sh   for the virtual machine'
	@echo '  V=1 shows commands; DEBUG=1 checks more at run time (in build/debug); O=dir builds elsewhere;'
	@echo '  CI=true makes warnings errors; CROSS_COMPILE=prefix; BUSYBOX=path of a static busybox'
.DEFAULT_GOAL := kernel

# ---- the kernel -------------------------------------------------------------------------------------------------------

.PHONY: kernel
kernel: $(if $(wildcard boot/*.S),$(KERNEL),$(KERNEL_OBJECTS)) # the kernel image with debug information, build/neurath.elf

# A file that changes exactly when the text of the variable named like it changes.
$(O)/flags.%: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(subst ','\'',$($*))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$($*))' >$@
KERNEL_FLAGS = $(CC) $(KFLAGS) $(CPPFLAGS) $(ASFLAGS)
USER_FLAGS = $(USER_CC) $(UFLAGS)
LINK_FLAGS = $(LD) $(LDFLAGS) $(KERNEL_OBJECTS)
.PHONY: FORCE
FORCE:

$(O)/kernel/%.c.o: %.c $(O)/flags.KERNEL_FLAGS | $(OFFSETS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KFLAGS) $(CPPFLAGS) -MMD -MP -c $< -o $@

$(O)/kernel/%.S.o: %.S $(O)/flags.KERNEL_FLAGS | $(OFFSETS)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ASFLAGS) -MMD -MP -c $< -o $@

# asm-offsets.c is compiled to assembly only; each line with the mark "->NAME VALUE" becomes a #define.
$(OFFSETS): $(wildcard arch/x86_64/asm-offsets.c) $(O)/flags.KERNEL_FLAGS
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(if $(filter %.c,$^),$(CC) $(filter-out -g -pg -m%-mcount -mfentry,$(KFLAGS)) $(CPPFLAGS) -MMD -MP -MT $@ \
		-MF $@.d -S $(filter %.c,$^) -o $@.s,: >$@.s)
	$(Q)sed -n 's/.*->\([A-Za-z_0-9]*\) [$$]*\([-0-9]*\).*/#define \1 \2/p' $@.s >$@

$(O)/linker.ld: linker.ld $(O)/flags.KERNEL_FLAGS
	$(Q)$(CC) -E -P -undef -x assembler-with-cpp $(CPPFLAGS) $< -o $@

# Three links: see tools/ksyms.py for why, and for the proof that ends the recipe.
ksyms_object = printf '.section .ksyms,"a"\n.incbin "%s"\n' $(1).bin | $(CC) -c -x assembler - -o $(1).o
link = $(LD) $(LDFLAGS) -T $(O)/linker.ld $(KERNEL_OBJECTS) $(1) -o $(2)
$(KERNEL): $(KERNEL_OBJECTS) $(O)/linker.ld $(O)/flags.LINK_FLAGS tools/ksyms.py tools/elf.py
	$(call say,LD,$@)
	$(Q)$(PYTHON) tools/ksyms.py empty $(O)/ksyms0.bin
	$(Q)$(call ksyms_object,$(O)/ksyms0)
	$(Q)$(call link,$(O)/ksyms0.o,$(O)/link1.elf)
	$(Q)$(PYTHON) tools/ksyms.py generate $(O)/link1.elf $(O)/ksyms1.bin
	$(Q)$(call ksyms_object,$(O)/ksyms1)
	$(Q)$(call link,$(O)/ksyms1.o,$(O)/link2.elf)
	$(Q)$(PYTHON) tools/ksyms.py generate $(O)/link2.elf $(O)/ksyms2.bin
	$(Q)$(call ksyms_object,$(O)/ksyms2)
	$(Q)$(call link,$(O)/ksyms2.o,$@)
	$(Q)$(PYTHON) tools/ksyms.py verify --nm $(NM) $@
	$(Q)rm -f $(O)/link[12].elf

# ---- housekeeping -----------------------------------------------------------------------------------------------------

.PHONY: clean
clean:           # removes everything that was built
	$(Q)rm -rf build $(filter-out build build/debug,$(O)) compile_commands.json

-include $(KERNEL_OBJECTS:.o=.d) $(OFFSETS).d
