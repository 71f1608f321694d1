# SPDX-License-Identifier: GPL-2.0-or-later
#
# Neurath. `make help` lists the targets and options; docs/building.md explains how the pieces fit.
#
# Sources are found by wildcard: a new file in a known folder is built without touching this file. A change of compiler
# flags rebuilds what they were used for. Everything that is made goes below $(O).
#
# A target X for people is `X: setup`, and then a fresh make of X-now: only what is read after setup knows the compiler, and
# what it says about itself, on a machine that had none.

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
.SECONDARY:

-include config.mk

# A word for the shell, whatever is in it: people's files may have blanks in their paths, and this folder too. Only what make
# itself takes for a target or prerequisite may not.
quote = '$(subst ','\'',$(1))'
$(foreach v,O BUSYBOX LIBTCC,$(if $(word 2,$($(v))),$(error $(v)='$($(v))': make cannot use a path with blanks here)))

# A misspelt option would be ignored without a word: each variable on the command line has to be one of these, or one that
# this file looks at.
OPTIONS := CPUS MEM FIRMWARE ACCEL SHARE DIR WINDOW MACHINE CMDLINE SCRIPT TIMEOUT SRC OUT NAME ONLY SEED AT COUNT FUZZ SECONDS LAB CHECK GUEST \
	V DEBUG O CI CC CROSS_COMPILE BUSYBOX LIBTCC LINUX USER_CC HOSTCC PYTHON EXTRA_CFLAGS
given := $(foreach v,$(filter-out -%,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $(v)))),$(v)))
upper = $(shell printf '%s' $(call quote,$(1)) | tr a-z A-Z)
uses := $$(
close := )
unknown := $(foreach v,$(filter-out $(OPTIONS),$(given)),$(if $(findstring $(uses)$(v)$(close),$(file <Makefile)),,$(v)))
$(foreach v,$(unknown),$(error there is no option '$(v)'$(if $(filter $(call upper,$(v)),$(OPTIONS)),: \
	it is written $(call upper,$(v)),; the options are $(OPTIONS))))

# ---- options ----------------------------------------------------------------------------------------------------------

CPUS ?= 2
MEM ?= 512M
FIRMWARE ?= bios
ACCEL ?= tcg
DEBUG ?= 0
O ?= build$(if $(filter 1,$(DEBUG)),/debug)
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V))$(findstring s,$(firstword -$(MAKEFLAGS))),@:,@printf '  %-8s %s\n' $(1) $(2))

CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
NM := $(CROSS_COMPILE)nm
OBJCOPY := $(CROSS_COMPILE)objcopy
OBJDUMP := $(CROSS_COMPILE)objdump
USER_CC ?= musl-gcc
# python3 may be a script that looks for the interpreter, half a second each time: the interpreter itself is started.
ifeq ($(origin PYTHON),undefined)
interpreter := $(shell python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
PYTHON := $(if $(filter 1,$(words $(interpreter))),$(interpreter),python3)
endif

# ---- flags ------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wframe-larger-than=1024
WERROR := $(if $(filter true 1,$(CI)),-Werror)

# What the unwinder and live patching rely on; DESIGN in docs/livepatch.md. Each function starts with a 5-byte NOP, keeps
# a frame pointer, is called (never jumped to), is one piece, and no caller depends on the body of a callee. Each has a section
# of its own, as each object has: so the objects of the ordinary build are what tools/klp-build compares an edit with.
PATCHABLE := -pg -mfentry -mnop-mcount -mrecord-mcount \
	-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-shrink-wrap \
	-fno-reorder-blocks-and-partition -ffunction-sections -fdata-sections \
	-flive-patching=inline-clone -fno-ipa-cp -fno-ipa-sra -fno-partial-inlining

CPPFLAGS := -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) -Iinclude -Iarch/x86_64/include -I$(O)/include \
	-DCONFIG_DEBUG=$(DEBUG) -D__KERNEL__
KFLAGS := -std=gnu17 -O2 -g -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common \
	-fno-delete-null-pointer-checks -ffile-prefix-map=$(call quote,$(CURDIR)/=) $(PATCHABLE) $(WARNINGS) $(WERROR) $(EXTRA_CFLAGS)
ASFLAGS := -D__ASSEMBLY__ -g -ffile-prefix-map=$(call quote,$(CURDIR)/=) -Wa,--noexecstack
LDFLAGS := -nostdlib -static -z max-page-size=0x1000 -z noexecstack --no-warn-rwx-segments --build-id=sha1 \
	--orphan-handling=error

UFLAGS := -std=gnu17 -O2 -g -static -fno-pie -no-pie -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes $(WERROR) \
	-ffile-prefix-map=$(call quote,$(CURDIR)/=) -Iuser/lib -idirafter include -DCONFIG_DEBUG=$(DEBUG) -pthread \
	-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none

# ---- sources ----------------------------------------------------------------------------------------------------------

KERNEL_SOURCES := $(sort $(filter-out arch/x86_64/asm-offsets.c, \
	$(wildcard boot/*.[cS] arch/x86_64/*.[cS] arch/x86_64/*/*.[cS] kernel/*.[cS] kernel/*/*.[cS] livepatch/*.[cS])))
KERNEL_OBJECTS := $(KERNEL_SOURCES:%=$(O)/kernel/%.o)
OFFSETS := $(O)/include/generated/asm-offsets.h
GRUB_FONT := /usr/share/grub/unicode.pf2
KERNEL_FONT := $(O)/include/generated/font.h
VDSO_IMAGE := $(O)/include/generated/vdso_image.h
KERNEL := $(O)/neurath.elf

# User programs, by folder: init, servers/NAME/*.c, bin/NAME.c or bin/NAME/*.c; tests only in the test image.
SERVERS := $(patsubst user/servers/%/,%,$(sort $(dir $(wildcard user/servers/*/*.c))))
# Started by hand, not by init: in the initrd as /bin/NAME instead of a boot module.
HAND_SERVERS := hello
BINS := $(sort $(patsubst user/bin/%.c,%,$(wildcard user/bin/*.c)) $(patsubst user/bin/%/,%,$(dir $(wildcard user/bin/*/*.c))))
GUEST_TESTS := $(sort $(wildcard tests/guest/*/*.c $(addsuffix /*.c,$(addprefix tests/,stress fuzz bench tools))))
GUEST_SCRIPTS := $(sort $(wildcard tests/guest/*/*.sh))
# GUEST=name,name: a test image with these programs of tests/guest alone, for a run of few suites.
comma := ,
if_wanted = $(if $(GUEST),$(filter-out tests/guest/%,$(1)) $(foreach name,$(subst $(comma), ,$(GUEST)),$(filter %/$(name).c %/$(name).sh,$(1))),$(1))
MODULES := $(if $(wildcard include/linux/module.h),$(sort $(wildcard livepatch/samples/*.c)))
# With GUEST=, those that these programs or tests/lib name: each is linked anew for each new kernel, and takes a fifth of a second.
named_in = $(shell cat /dev/null $(wildcard $(1)) | tr -cs a-z0-9_ '[\n*]' | sort -u)
NAMED := $(if $(GUEST),$(call named_in,$(filter tests/guest/%,$(call if_wanted,$(GUEST_TESTS) $(GUEST_SCRIPTS))) tests/lib/*))
TEST_MODULES := $(if $(wildcard include/linux/module.h),$(foreach module,$(sort $(wildcard tests/modules/*.c) \
	$(patsubst %/Kbuild,%,$(wildcard tests/modules/*/Kbuild))),$(if $(GUEST),$(if $(filter $(basename $(notdir $(module))),$(NAMED)),$(module)),$(module))))
module_files = $(addprefix $(O)/modules/,$(addsuffix .ko,$(basename $(notdir $(1)))))

.PHONY: help
help:            # this text
	@echo 'Targets:'
	@awk -F ':[^#]*# ' '/^[a-z_.-]+:[^=]*# / { printf "  %-21s  %s\n", $$1, $$2 }' Makefile
	@echo 'Options:'
	@echo '  CPUS=2 MEM=512M FIRMWARE=bios|uefi ACCEL=tcg|kvm SHARE=hostdir WINDOW=gtk SCRIPT=file.sh   for the virtual machine'
	@echo '  V=1 shows commands; DEBUG=1 checks more at run time (in build/debug); O=dir builds elsewhere;'
	@echo '  CI=true makes warnings errors; CC=gcc-13 or CROSS_COMPILE=prefix; BUSYBOX=path of a static busybox'
.DEFAULT_GOAL := kernel

# --name=VALUE for a tool, if VARIABLE has one: $(call option,VARIABLE,name)
option = $(if $($(1)),--$(2)=$(call quote,$($(1))))

# The whole recipe of a target for people, see above.
now = +$(Q)$(MAKE) --no-print-directory $@-now

# ---- the kernel -------------------------------------------------------------------------------------------------------

.PHONY: kernel kernel-now
kernel: setup    # the kernel image with debug information, build/neurath.elf
	$(now)
kernel-now: $(KERNEL)

# A file that changes exactly when the text of the variable named like it changes.
$(O)/flags.%: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' $(call quote,$($*)) | cmp -s - $@ || printf '%s\n' $(call quote,$($*)) >$@
KERNEL_FLAGS = $(CC) $(KFLAGS) $(CPPFLAGS) $(ASFLAGS)
# What a C file of the kernel is compiled with, for tools/klp-build.
COMPILE_FLAGS = $(CC) $(KFLAGS) $(CPPFLAGS)
USER_FLAGS = $(USER_CC) $(UFLAGS)
# Modules written for Linux are compiled without these warnings there, and with these errors.
MODULE_WARNINGS := -Wno-sign-compare -Wno-missing-field-initializers -Wno-type-limits \
	$(addprefix -Werror=,implicit-function-declaration implicit-int return-type strict-prototypes date-time \
	incompatible-pointer-types designated-init)
MODULE_FLAGS = $(CC) $(KFLAGS) $(CPPFLAGS) -DMODULE $(MODULE_WARNINGS)
LINK_FLAGS = $(LD) $(LDFLAGS) $(KERNEL_OBJECTS)
.PHONY: FORCE
FORCE:

$(O)/kernel/%.c.o: %.c $(O)/flags.KERNEL_FLAGS | $(OFFSETS) $(KERNEL_FONT) $(VDSO_IMAGE)
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

# The letters of reports on the screen.
$(KERNEL_FONT): tools/font.py $(wildcard $(GRUB_FONT))
	$(call say,FONT,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/font.py --kernel $(GRUB_FONT) $@

# The library that the kernel maps into each program.
VDSO_FLAGS := -std=gnu17 -O2 -fPIC -ffreestanding -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fasynchronous-unwind-tables $(WARNINGS) $(WERROR)
$(VDSO_IMAGE): user/vdso/vdso.c user/vdso/vdso.lds include/uapi/vdso.h include/uapi/time.h tools/vdso.py tools/elf.py \
		$(O)/flags.KERNEL_FLAGS
	$(call say,VDSO,$@)
	$(Q)mkdir -p $(@D) $(O)/vdso
	$(Q)$(CC) $(VDSO_FLAGS) -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) -Iinclude -c $< -o $(O)/vdso/vdso.o
	$(Q)$(LD) -shared -nostdlib -soname linux-vdso.so.1 --hash-style=both --eh-frame-hdr -z max-page-size=4096 -z noexecstack \
		-T user/vdso/vdso.lds $(O)/vdso/vdso.o -o $(O)/vdso/vdso.so
	$(Q)$(PYTHON) tools/vdso.py $(O)/vdso/vdso.so $@

$(O)/linker.ld: linker.ld $(O)/flags.KERNEL_FLAGS
	$(Q)$(CC) -E -P -undef -x assembler-with-cpp $(CPPFLAGS) $< -o $@

# Three links: see tools/ksyms.py for why, and for the proof that ends the recipe.
ksyms_object = printf '.section .ksyms,"a"\n.incbin "%s"\n' $(1).bin | $(CC) -c -x assembler - -o $(1).o
link = $(LD) $(LDFLAGS) -T $(O)/linker.ld $(KERNEL_OBJECTS) $(1) -o $(2)
$(KERNEL): $(KERNEL_OBJECTS) $(O)/linker.ld $(O)/flags.LINK_FLAGS $(O)/flags.COMPILE_FLAGS $(O)/flags.MODULE_FLAGS tools/ksyms.py tools/elf.py \
		tools/framecheck.py tools/nmicheck.py tools/sortslots.py
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
	$(Q)$(PYTHON) tools/sortslots.py $@
	$(Q)$(PYTHON) tools/ksyms.py verify --nm $(NM) $@
	$(Q)$(PYTHON) tools/framecheck.py $@ --objdump $(OBJDUMP) --asm $(filter %.S.o,$(KERNEL_OBJECTS))
	$(Q)$(PYTHON) tools/nmicheck.py $@ --objdump $(OBJDUMP)
	$(Q)rm -f $(O)/link[12].elf

# ---- user programs ----------------------------------------------------------------------------------------------------

LIBRARY := $(O)/user/lib/libneurath.a
LIBRARY_OBJECTS := $(patsubst %,$(O)/user/obj/%.o,$(sort $(wildcard user/lib/*.[cS])))
user_objects = $(patsubst %,$(O)/user/obj/%.o,$(sort $(wildcard $(1))))
PROGRAMS := $(if $(wildcard user/init/*.c),$(O)/user/init) $(SERVERS:%=$(O)/user/servers/%) $(BINS:%=$(O)/user/bin/%)

.PHONY: user
user: $(PROGRAMS) # init, the servers and our programs

$(O)/user/obj/%.o: % $(O)/flags.USER_FLAGS
	$(call say,USERCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(USER_CC) $(filter-out -Wl% -static,$(UFLAGS)) $(if $(filter tests/%,$<),-Itests/lib) -MMD -MP -c $< -o $@

$(LIBRARY): $(LIBRARY_OBJECTS)
	$(Q)mkdir -p $(@D) && rm -f $@
	$(Q)$(CROSS_COMPILE)ar rcsD $@ $^

# The program without symbols; NAME.debug beside it is for gdb.
define program
$(1): $(call user_objects,$(2)) $(LIBRARY)
	$$(call say,USERLD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(USER_CC) $$(UFLAGS) $$^ -o $$@.debug
	$$(Q)$$(OBJCOPY) --strip-all $$@.debug $$@
-include $(patsubst %.o,%.d,$(call user_objects,$(2)))
endef
$(eval $(call program,$(O)/user/init,user/init/*.c))
$(foreach name,$(SERVERS),$(eval $(call program,$(O)/user/servers/$(name),user/servers/$(name)/*.c)))
# The letters of the screen come from the font of GRUB, which makes the image.
$(O)/user/servers/tty: $(O)/user/obj/font.o
$(O)/user/obj/font.o: $(O)/font.c user/servers/tty/font.h $(O)/flags.USER_FLAGS
	$(Q)mkdir -p $(@D)
	$(Q)$(USER_CC) $(filter-out -Wl% -static,$(UFLAGS)) -Iuser/servers/tty -c $< -o $@
$(O)/font.c: tools/font.py $(GRUB_FONT)
	$(call say,FONT,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/font.py $(GRUB_FONT) $@
$(foreach name,$(BINS),$(eval $(call program,$(O)/user/bin/$(name),user/bin/$(name).c user/bin/$(name)/*.c)))
$(foreach test,$(GUEST_TESTS),$(eval $(call program,$(O)/user/tests/$(basename $(notdir $(test))),$(test))))
-include $(LIBRARY_OBJECTS:.o=.d)

# The compiler of the guest is a library of Debian's.
LIBTCC_FILE := $(or $(LIBTCC),build/packages/libtcc.a)
$(O)/user/bin/klpcc: $(LIBTCC_FILE)
$(LIBTCC_FILE): | setup

# The same tests with the other C library: tests/guest/user/programs.sh runs them. Ubuntu's compiler defines _FORTIFY_SOURCE by itself,
# and then warns of results that a test does not need.
GLIBC_TESTS := futex pipes signal_calls signal_frame signal_stop signals thread_signals threads time
GLIBC_FILES := $(GLIBC_TESTS:%=$(O)/user/tests/glibc-%)
$(foreach test,$(GLIBC_TESTS),$(eval $(O)/user/tests/glibc-$(test): $(filter %/$(test).c,$(GUEST_TESTS))))
$(GLIBC_FILES): user/lib/neurath.c $(O)/flags.USER_FLAGS $(wildcard tests/lib/*.h)
	$(call say,GLIBC,$(filter tests/%.c,$^))
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(UFLAGS) -U_FORTIFY_SOURCE -Itests/lib -s $(filter %.c,$^) -o $@

# ---- modules ----------------------------------------------------------------------------------------------------------

MODULE_TOOL = $(PYTHON) tools/module --build $(O) --ld $(LD) --objcopy $(OBJCOPY) --objdump $(OBJDUMP)
MODULE_INPUTS := $(KERNEL) $(O)/flags.MODULE_FLAGS tools/module tools/module.lds tools/framecheck.py tools/elf.py tools/klprelocs.py \
	tools/modcheck.py tools/moduleseal.py tools/klpbuild/origin.py tools/klpbuild/bind.py \
	$(shell find include arch/x86_64/include tests/modules -name '*.h')

.PHONY: module module-now
module: setup    # SRC=path/foo.c [OUT=dir]: builds foo.ko (several sources or a folder too)
	$(if $(SRC),,$(error make module needs SRC=path/foo.c))
	$(now)
module-now: $(KERNEL) $(O)/flags.MODULE_FLAGS
	$(Q)mkdir -p $(call quote,$(or $(OUT),$(O)/modules))
	$(Q)$(MODULE_TOOL) --out $(call quote,$(or $(OUT),$(O)/modules)) $(call option,NAME,name) --sources $(call quote,$(SRC))

# Exactly one of DIFF=, RANGE=A..B, or neither for what is edited here. Only with DIFF= the sources here are those of the kernel, and
# it is built first; otherwise it was built before the edit.
PATCH_TOOL = $(PYTHON) tools/klp-build --build $(O) --ld $(LD) --objcopy $(OBJCOPY) --objdump $(OBJDUMP) \
	$(if $(NAME),--name '$(NAME)') $(if $(WITH),--with '$(WITH)') \
	$(if $(AFTER),--after '$(AFTER)') $(if $(MODULE),--module '$(MODULE)') --out '$(or $(OUT),$(O)/patches)' $(PATCHFLAGS)
.PHONY: patch patch-now
patch: setup     # DIFF=fix.diff [NAME= OUT= WITH=extra.c AFTER=earlier.ko]: a live patch from an edit; also RANGE=A..B, or what is edited here
	$(now)
patch-now: $(if $(DIFF),$(KERNEL))
	$(Q)$(PATCH_TOOL) $(if $(DIFF),'$(DIFF)',$(if $(RANGE),--range '$(RANGE)',--edited))

define module_rule
$(call module_files,$(1)): $(wildcard $(1) $(1)/*) $(MODULE_INPUTS)
	$$(call say,MODULE,$$@)
	$$(Q)$$(MODULE_TOOL) --quiet --out $(O)/modules $(2) $(1)
endef
$(foreach source,$(MODULES),$(eval $(call module_rule,$(source))))
# Some are wrong on purpose.
$(foreach source,$(TEST_MODULES),$(eval $(call module_rule,$(source),--checks off)))
# Patches are checked against the modules that they are for.
$(foreach pair,later:later-mod protocol:protocol-mod shadow-fix:shadow-mod,\
	$(eval $(O)/modules/livepatch-$(firstword $(subst :, ,$(pair))).ko: $(O)/modules/livepatch-$(lastword $(subst :, ,$(pair))).ko))
# Sources that include another one.
$(O)/modules/livepatch-state2.ko: livepatch/samples/livepatch-state.c
$(O)/modules/lx_state3.ko: tests/modules/lx_state2.c

# ---- images -----------------------------------------------------------------------------------------------------------

.PHONY: setup initrd iso iso-now
setup:           # installs what this machine lacks; does nothing when all is there
	$(Q)BUSYBOX=$(BUSYBOX) tools/setup

BUSYBOX_FILE := $(or $(BUSYBOX),build/packages/busybox)
$(BUSYBOX_FILE): | setup

# Programs of other projects, for the tests: bash, and a dynamically linked shell with the libraries of this machine.
TEST_BASH := build/packages/bash-static
$(TEST_BASH):
	$(Q)BUSYBOX=$(BUSYBOX) tools/setup --tests
TEST_PROGRAMS = $(TEST_BASH) $(wildcard /bin/dash $(addprefix /lib/x86_64-linux-gnu/,ld-linux-x86-64.so.2 libc.so.6))
test_program_files = -f /bin/bash=$(TEST_BASH) $(if $(wildcard /bin/dash),-f /bin/dash=/bin/dash) \
	-f /lib64/ld-linux-x86-64.so.2=/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 -f /lib/x86_64-linux-gnu/libc.so.6=/lib/x86_64-linux-gnu/libc.so.6

INITRD_FILES := $(BINS:%=$(O)/user/bin/%) $(HAND_SERVERS:%=$(O)/user/servers/%) $(call module_files,$(MODULES))
GUEST_LIBRARIES := $(wildcard tests/lib/*.sh)
TEST_SCRIPTS := $(call if_wanted,$(GUEST_SCRIPTS))
TEST_FILES := $(addprefix $(O)/user/tests/,$(basename $(notdir $(call if_wanted,$(GUEST_TESTS))))) $(call module_files,$(TEST_MODULES)) \
	$(if $(filter %/programs.sh,$(TEST_SCRIPTS)),$(GLIBC_FILES))
TEST_CONTENTS = $(TEST_FILES) $(TEST_SCRIPTS)
installed = $(foreach file,$(1),-f $(subst $(O)/modules/,/lib/modules/,$(subst $(O)/user/,/,$(subst $(O)/user/servers/,/bin/,$(file))))=$(file))
mkinitrd = $(PYTHON) tools/mkinitrd.py iso/initrd.list -D BUSYBOX=$(BUSYBOX_FILE) -D MODULES_DEP=$(O)/modules.dep \
	-D KLP_INDEX=$(KLP_INDEX) $(if $(wildcard user/etc),-t /etc=user/etc)
GUEST_SOURCES := $(shell find kernel arch boot livepatch include -type f)
INITRD_INPUTS = iso/initrd.list $(O)/modules.dep $(KLP_INDEX) $(GUEST_SOURCES) tools/mkinitrd.py $(BUSYBOX_FILE) user/bin/man user/bin/enter $(shell find user/etc user/man user/share -type f 2>/dev/null)

# What modprobe and modinfo look into; no module of ours needs another one.
$(O)/modules.dep: Makefile $(wildcard livepatch/samples)
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s:\n' $(sort $(notdir $(MODULES:.c=.ko))) >$@

# Which file of the sources that the guest has defines what.
KLP_INDEX = $(O)/klp.index
$(KLP_INDEX): $(KERNEL) tools/srcindex.py tools/elf.py
	$(call say,INDEX,$@)
	$(Q)$(PYTHON) tools/srcindex.py --readelf $(CROSS_COMPILE)readelf --build $(O) --config CONFIG_DEBUG=$(DEBUG) -o $@ $(KERNEL) $(KERNEL_OBJECTS)

initrd: $(O)/initrd # the initial root file system
$(O)/initrd: $(INITRD_FILES) $(INITRD_INPUTS)
	$(call say,INITRD,$@)
	$(Q)$(mkinitrd) $(call installed,$(INITRD_FILES)) -o $@
$(O)/initrd-test: $(INITRD_FILES) $(TEST_FILES) $(TEST_PROGRAMS) $(TEST_SCRIPTS) $(GUEST_LIBRARIES) $(INITRD_INPUTS) $(O)/flags.TEST_CONTENTS
	$(call say,INITRD,$@)
	$(Q)$(mkinitrd) $(call installed,$(INITRD_FILES) $(TEST_FILES)) $(test_program_files) \
		$(foreach script,$(TEST_SCRIPTS),-f /tests/$(basename $(notdir $(script)))=$(script)) \
		$(foreach script,$(GUEST_LIBRARIES),-f /tests/$(notdir $(script))=$(script)) -o $@

iso: setup       # the boot image for BIOS and UEFI, build/neurath.iso
	$(now)
iso-now: $(O)/neurath.iso
BOOT_MODULES := $(if $(wildcard user/init/*.c),init=$(O)/user/init) $(foreach name,$(filter-out $(HAND_SERVERS),$(SERVERS)),$(name)=$(O)/user/servers/$(name))
define iso_rule
$(O)/$(1).iso: $(KERNEL) $(O)/$(2) $(PROGRAMS) iso/grub.cfg tools/mkiso
	$$(call say,ISO,$$@)
	$$(Q)$$(PYTHON) tools/mkiso --kernel $$< --objcopy $$(OBJCOPY) $$(BOOT_MODULES:%=--module %) \
		--module initrd=$(O)/$(2) -o $$@
endef
$(eval $(call iso_rule,neurath,initrd))
$(eval $(call iso_rule,test,initrd-test))

# The loader of runs without a disk: iso/direct/.
DIRECT_FLAGS := -m32 -std=gnu17 -O2 -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -mgeneral-regs-only \
	-fno-asynchronous-unwind-tables -Wall -Wextra $(WERROR)
$(O)/direct.elf: iso/direct/start.S iso/direct/load.c Makefile
	$(call say,DIRECT,$@)
	$(Q)mkdir -p $(O)/direct
	$(Q)$(CC) $(DIRECT_FLAGS) -c iso/direct/start.S -o $(O)/direct/start.o
	$(Q)$(CC) $(DIRECT_FLAGS) -c iso/direct/load.c -o $(O)/direct/load.o
	$(Q)$(LD) -m elf_i386 -nostdlib -z noexecstack --build-id=none -Ttext-segment=0x1000000 --defsym direct_begin=0x1000000 -e _start \
		$(O)/direct/start.o $(O)/direct/load.o -o $@

# ---- running ----------------------------------------------------------------------------------------------------------

RUN_ISO := $(O)/neurath.iso
QEMU = $(PYTHON) tools/qemu --iso $(RUN_ISO) $(call option,CPUS,cpus) $(call option,MEM,mem) $(call option,FIRMWARE,firmware) \
	$(call option,ACCEL,accel) $(call option,SHARE,share) $(call option,WINDOW,window) $(call option,MACHINE,machine) $(call option,CMDLINE,cmdline)

.PHONY: debian run run-now guest guest-now replay timeline timeline-now debug debug-now gdb gdb-now
run: setup       # an interactive shell on this terminal; Ctrl-A x leaves
	$(now)
run-now: $(RUN_ISO)
	@$(QEMU)

debian:          # DIR=tree: a folder with gcc, gdb, strace, python3, git and vim, for SHARE=tree and the guest's `enter`
	$(if $(DIR),,$(error make debian needs DIR=folder))
	@tools/debian $(call quote,$(DIR))

guest: setup     # SCRIPT=file.sh [SHARE=dir]: boots headless and runs the script; fails if the script does
	$(if $(SCRIPT),,$(error make guest needs SCRIPT=file.sh))
	$(now)
guest-now: $(RUN_ISO)
	@$(QEMU) --script $(call quote,$(SCRIPT)) --timeout $(call quote,$(or $(TIMEOUT),900))

replay: setup    # SEED=n [CPUS= SCRIPT=file.sh ONLY=suite AT=event]: a run that is the same each time; AT= stops there, with gdb
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images $(if $(ONLY),GUEST=$(ONLY))
	@$(PYTHON) tools/replay --iso build/debug/test.iso $(call option,SEED,seed) $(call option,CPUS,cpus) $(call option,MEM,mem) \
		$(call option,CMDLINE,cmdline) $(call option,SCRIPT,script) $(call option,ONLY,only) $(call option,AT,at)

timeline: setup  # SCRIPT=file.sh [NAME=patch OUT=t.html]: the transition that the script makes, as a page for a browser
	$(if $(SCRIPT),,$(error make timeline needs SCRIPT=file.sh))
	$(now)
timeline-now: $(RUN_ISO)
	@$(PYTHON) tools/timeline $(wordlist 3,99,$(QEMU)) --script $(call quote,$(SCRIPT)) --out $(call quote,$(or $(OUT),timeline.html)) \
		$(call option,NAME,patch) --timeout $(call quote,$(or $(TIMEOUT),900))

debug: setup     # the same, but stopped before its first instruction; in another terminal: make gdb
	$(now)
debug-now: $(RUN_ISO)
	@echo 'In another terminal: make gdb'
	@$(QEMU) --gdb

gdb: setup       # gdb on the guest of `make run`, or on one of its own, with commands for the kernel
	$(now)
gdb-now: $(RUN_ISO)
	@$(PYTHON) tools/debug --iso $(RUN_ISO)

# ---- tests ------------------------------------------------------------------------------------------------------------

.PHONY: setup-tests test machines stress mutants damage fuzz model explore bench bench-now bench-table bench-table-now bench-check bench-check-now test-images
TEST = $(PYTHON) tests/run.py --build build/debug $(call option,ONLY,only) $(call option,SEED,seed) $(if $(filter 1,$(V)),-v)
setup-tests:
	$(Q)BUSYBOX=$(BUSYBOX) tools/setup --tests
test: setup-tests # everything that CI runs [ONLY=pattern or folder/ SEED=n]; builds what the chosen suites need
	@$(TEST) --list >/dev/null
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug $$($(TEST) --needs)
	@$(TEST)
machines: setup-tests # the demonstration and the core suites on many processors [ONLY=name]
	$(Q)$(PYTHON) tests/machines.py $(call option,ONLY,only) --list >/dev/null
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	@$(PYTHON) tests/machines.py --build build/debug $(call option,ONLY,only) $(call option,SEED,seed)
stress: setup    # the long-running suites: races searched with random seeds
	@$(TEST) --kind stress --list >/dev/null
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	@$(TEST) --kind stress
mutants: setup-tests # each mutant in its suite, also those that need luck there and that the explorer finds [ONLY=regexp SEED=n]
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	@$(PYTHON) tests/mutants/mutant.py run '$(ONLY)' $(call option,SEED,seed)
damage: setup    # one relocation of a patch made wrong, many times: who notices? [COUNT=40 SEED=n]
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	$(Q)$(PYTHON) tests/patches/damage.py --build build/debug $(call option,COUNT,count) $(call option,SEED,seed)
fuzz: setup      # inputs and system calls that find new paths: [FUZZ=target SECONDS=60 SEED=n]; tests/fuzz/README.md
	$(Q)$(PYTHON) tests/fuzz/fuzz.py --list $(FUZZ) >/dev/null
	$(if $(filter syscalls,$(FUZZ)),,$(Q)BUSYBOX=$(BUSYBOX) tools/setup --fuzz)
	$(if $(filter syscalls,$(or $(FUZZ),syscalls)),$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images)
	@$(PYTHON) tests/fuzz/fuzz.py $(call option,SECONDS,seconds) $(call option,SEED,seed) $(FUZZ)
model: setup     # verifies tests/model in every configuration: minutes, 5 GB of memory
	@$(PYTHON) tests/model/check.py --all
explore: setup   # runs the kernel's own files under every schedule; SEARCH='SCENE --dfs=2': tests/explore/README.md
	@$(PYTHON) tests/explore/explore.py $(SEARCH)
bench: setup     # times and sizes, as lines "# bench NAME VALUE UNIT"
	$(now)
bench-now: $(O)/test.iso $(O)/neurath.iso
	@$(PYTHON) tests/bench/boot.py $(O)
	@$(PYTHON) tests/bench/icount.py $(O)
	@LINUX=$(LINUX) $(PYTHON) tests/bench/linux.py $(O)
	@$(PYTHON) tests/run.py --build $(O) --kind bench --jobs 1 -v
BENCH_COUNTS = { $(PYTHON) tests/bench/icount.py $(O) && LINUX=$(LINUX) $(PYTHON) tests/bench/linux.py $(O); }
bench-table: setup # measures instruction counts, Linux's too, and rewrites the table in docs/performance.md
	$(now)
bench-table-now: $(O)/test.iso
	@$(BENCH_COUNTS) | $(PYTHON) tests/bench/table.py docs/performance.md
bench-check: setup # measures instruction counts; names those that are more than 3 % worse than the table
	$(now)
bench-check-now: $(O)/test.iso
	@$(PYTHON) tests/bench/icount.py $(O) | $(PYTHON) tests/bench/table.py --check docs/performance.md
test-images: $(O)/test.iso $(O)/direct.elf

# ---- the course -------------------------------------------------------------------------------------------------------

# labs/README.md is for teachers. A student's tree has one lab, and the same targets.
.PHONY: lab grade handin lab-check
LAB_TOOL = $(PYTHON) tools/lab
lab:             # LAB=n OUT=dir: a student's repository, cut from this tree
	$(Q)$(LAB_TOOL) make $(call option,LAB,lab) $(call option,OUT,out)
grade: setup     # LAB=n [SEED=n CHECK=P2,P3]: the points of this tree, check by check, and grade.json
	$(Q)$(LAB_TOOL) grade $(call option,LAB,lab) $(call option,SEED,seed) $(call option,CHECK,check)
handin:          # LAB=n: one file with the student's work, to be sent
	$(Q)$(LAB_TOOL) handin $(call option,LAB,lab)
lab-check: setup-tests # [LAB=n ONLY=regexp]: the labs are right: starters, solutions and wrong solutions get their points
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	$(Q)$(LAB_TOOL) check $(call option,LAB,lab) $(call option,ONLY,only)

.PHONY: book
book:            # the pages of docs/ in reading order, with the code they talk about: build/book/neurath.html and .pdf
	$(Q)BUSYBOX=$(BUSYBOX) tools/setup --book
	$(Q)$(PYTHON) tools/book --out build/book --pdf

# ---- housekeeping -----------------------------------------------------------------------------------------------------

.PHONY: doctor clean
doctor:          # says what this machine has and lacks
	@BUSYBOX=$(BUSYBOX) tools/setup --doctor

compile_commands.json: $(KERNEL_SOURCES) $(O)/flags.KERNEL_FLAGS # for editors
	$(Q)$(PYTHON) tools/compdb.py --flags $(call quote,$(KFLAGS) $(CPPFLAGS)) --cc $(CC) $(filter %.c,$(KERNEL_SOURCES)) >$@

clean:           # removes everything that was built
	$(Q)rm -rf build $(filter-out build build/debug,$(O)) compile_commands.json

-include $(KERNEL_OBJECTS:.o=.d) $(OFFSETS).d
