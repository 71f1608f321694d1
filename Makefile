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
PYTHON ?= python3

# ---- flags ------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wframe-larger-than=1024
WERROR := $(if $(filter true 1,$(CI)),-Werror)

# What the unwinder and live patching rely on; DESIGN in docs/livepatch.md. Each function starts with a 5-byte NOP, keeps
# a frame pointer, is called (never jumped to), is one piece, and no caller depends on the body of a callee.
PATCHABLE := -pg -mfentry -mnop-mcount -mrecord-mcount \
	-fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -fno-shrink-wrap \
	-fno-reorder-blocks-and-partition -flive-patching=inline-clone -fno-ipa-cp -fno-ipa-sra -fno-partial-inlining

CPPFLAGS := -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) -Iinclude -Iarch/x86_64/include -I$(O)/include \
	-DCONFIG_DEBUG=$(DEBUG) -D__KERNEL__
KFLAGS := -std=gnu17 -O2 -g -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common \
	-fno-delete-null-pointer-checks -ffile-prefix-map=$(CURDIR)/= $(PATCHABLE) $(WARNINGS) $(WERROR) $(EXTRA_CFLAGS)
ASFLAGS := -D__ASSEMBLY__ -g -ffile-prefix-map=$(CURDIR)/= -Wa,--noexecstack
LDFLAGS := -nostdlib -static -z max-page-size=0x1000 -z noexecstack --no-warn-rwx-segments --build-id=sha1 \
	--orphan-handling=error

UFLAGS := -std=gnu17 -O2 -g -static -fno-pie -no-pie -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes $(WERROR) \
	-ffile-prefix-map=$(CURDIR)/= -Iuser/lib -idirafter include -DCONFIG_DEBUG=$(DEBUG) -pthread \
	-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none

# ---- sources ----------------------------------------------------------------------------------------------------------

KERNEL_SOURCES := $(sort $(filter-out arch/x86_64/asm-offsets.c, \
	$(wildcard boot/*.[cS] arch/x86_64/*.[cS] kernel/*.[cS] kernel/*/*.[cS] kernel/*/*/*.[cS] livepatch/*.[cS])))
KERNEL_OBJECTS := $(KERNEL_SOURCES:%=$(O)/kernel/%.o)
OFFSETS := $(O)/include/generated/asm-offsets.h
KERNEL := $(O)/neurath.elf

# User programs, by folder: init, servers/NAME/*.c, bin/NAME.c or bin/NAME/*.c; tests only in the test image.
SERVERS := $(patsubst user/servers/%/,%,$(sort $(dir $(wildcard user/servers/*/*.c))))
# Started by hand, not by init: in the initrd as /bin/NAME instead of a boot module.
HAND_SERVERS := hello
BINS := $(sort $(patsubst user/bin/%.c,%,$(wildcard user/bin/*.c)) $(patsubst user/bin/%/,%,$(dir $(wildcard user/bin/*/*.c))))
GUEST_TESTS := $(sort $(wildcard $(addsuffix /*.c,$(addprefix tests/,guest stress fuzz bench tools))))
MODULES := $(if $(wildcard include/linux/module.h),$(sort $(wildcard livepatch/samples/*.c)))
TEST_MODULES := $(if $(wildcard include/linux/module.h),$(sort $(wildcard tests/modules/*.c) \
	$(patsubst %/Kbuild,%,$(wildcard tests/modules/*/Kbuild))))
module_files = $(addprefix $(O)/modules/,$(addsuffix .ko,$(basename $(notdir $(1)))))

.PHONY: help
help:            # this text
	@echo 'Targets:'
	@awk -F ':[^#]*# ' '/^[a-z_.]+:[^=]*# / { printf "  %-21s  %s\n", $$1, $$2 }' Makefile
	@echo 'Options:'
	@echo '  CPUS=2 MEM=512M FIRMWARE=bios|uefi ACCEL=tcg|kvm SHARE=hostdir WINDOW=gtk SCRIPT=file.sh   for the virtual machine'
	@echo '  V=1 shows commands; DEBUG=1 checks more at run time (in build/debug); O=dir builds elsewhere;'
	@echo '  CI=true makes warnings errors; CROSS_COMPILE=prefix; BUSYBOX=path of a static busybox'
.DEFAULT_GOAL := kernel

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
	$(Q)printf '%s\n' '$(subst ','\'',$($*))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$($*))' >$@
KERNEL_FLAGS = $(CC) $(KFLAGS) $(CPPFLAGS) $(ASFLAGS)
USER_FLAGS = $(USER_CC) $(UFLAGS)
# Modules written for Linux are compiled without these warnings there, and with these errors.
MODULE_WARNINGS := -Wno-sign-compare -Wno-missing-field-initializers -Wno-type-limits \
	$(addprefix -Werror=,implicit-function-declaration implicit-int return-type strict-prototypes date-time \
	incompatible-pointer-types designated-init)
MODULE_FLAGS = $(CC) $(KFLAGS) $(CPPFLAGS) -DMODULE $(MODULE_WARNINGS)
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
$(KERNEL): $(KERNEL_OBJECTS) $(O)/linker.ld $(O)/flags.LINK_FLAGS tools/ksyms.py tools/elf.py \
		tools/framecheck.py
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
	$(Q)$(PYTHON) tools/framecheck.py $@ --objdump $(OBJDUMP) --asm $(filter %.S.o,$(KERNEL_OBJECTS))
	$(Q)rm -f $(O)/link[12].elf

# ---- user programs ----------------------------------------------------------------------------------------------------

GRUB_FONT := /usr/share/grub/unicode.pf2
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

# The same tests with the other C library: tests/guest/programs.sh runs them.
GLIBC_TESTS := futex pipes signal_calls signal_frame signal_stop signals thread_signals threads time
GLIBC_FILES := $(GLIBC_TESTS:%=$(O)/user/tests/glibc-%)
$(GLIBC_FILES): $(O)/user/tests/glibc-%: tests/guest/%.c user/lib/neurath.c $(O)/flags.USER_FLAGS $(wildcard tests/lib/*.h)
	$(call say,GLIBC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(UFLAGS) -Itests/lib -s $(filter %.c,$^) -o $@

# ---- modules ----------------------------------------------------------------------------------------------------------

MODULE_TOOL = $(PYTHON) tools/module --build $(O) --ld $(LD) --objcopy $(OBJCOPY) --objdump $(OBJDUMP)
MODULE_INPUTS := $(KERNEL) $(O)/flags.MODULE_FLAGS tools/module tools/framecheck.py tools/elf.py tools/klprelocs.py \
	$(shell find include arch/x86_64/include tests/modules -name '*.h')

.PHONY: module module-now
module: setup    # SRC=path/foo.c [OUT=dir]: builds foo.ko (several sources or a folder too)
	$(if $(SRC),,$(error make module needs SRC=path/foo.c))
	$(now)
module-now: $(KERNEL) $(O)/flags.MODULE_FLAGS
	$(Q)mkdir -p $(or $(OUT),$(O)/modules)
	$(Q)$(MODULE_TOOL) --out $(or $(OUT),$(O)/modules) $(if $(NAME),--name $(NAME)) $(SRC)

define module_rule
$(call module_files,$(1)): $(wildcard $(1) $(1)/*) $(MODULE_INPUTS)
	$$(call say,MODULE,$$@)
	$$(Q)$$(MODULE_TOOL) --quiet --out $(O)/modules $(1)
endef
$(foreach source,$(MODULES) $(TEST_MODULES),$(eval $(call module_rule,$(source))))
# Sources that include another one.
$(O)/modules/livepatch-state2.ko: livepatch/samples/livepatch-state.c
$(O)/modules/lx_state3.ko: tests/modules/lx_state2.c

# ---- images -----------------------------------------------------------------------------------------------------------

.PHONY: setup initrd iso iso-now
setup:           # installs what this machine lacks; does nothing when all is there
	$(Q)BUSYBOX=$(BUSYBOX) tools/setup

BUSYBOX_FILE := $(or $(BUSYBOX),build/packages/busybox)
$(BUSYBOX_FILE): | setup

# Programs nobody here wrote, for the tests: bash, and a dynamically linked shell with the libraries of this machine.
TEST_BASH := build/packages/bash-static
$(TEST_BASH):
	$(Q)BUSYBOX=$(BUSYBOX) tools/setup --tests
TEST_PROGRAMS = $(TEST_BASH) $(wildcard /bin/dash $(addprefix /lib/x86_64-linux-gnu/,ld-linux-x86-64.so.2 libc.so.6))
test_program_files = -f /bin/bash=$(TEST_BASH) $(if $(wildcard /bin/dash),-f /bin/dash=/bin/dash) \
	-f /lib64/ld-linux-x86-64.so.2=/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 -f /lib/x86_64-linux-gnu/libc.so.6=/lib/x86_64-linux-gnu/libc.so.6

INITRD_FILES := $(BINS:%=$(O)/user/bin/%) $(HAND_SERVERS:%=$(O)/user/servers/%) $(call module_files,$(MODULES))
GUEST_SCRIPTS := $(wildcard tests/guest/*.sh)
GUEST_LIBRARIES := $(wildcard tests/lib/*.sh)
TEST_FILES := $(addprefix $(O)/user/tests/,$(basename $(notdir $(GUEST_TESTS)))) $(GLIBC_FILES) $(call module_files,$(TEST_MODULES))
installed = $(foreach file,$(1),-f $(subst $(O)/modules/,/lib/modules/,$(subst $(O)/user/,/,$(subst $(O)/user/servers/,/bin/,$(file))))=$(file))
mkinitrd = $(PYTHON) tools/mkinitrd.py iso/initrd.list -D BUSYBOX=$(BUSYBOX_FILE) -D MODULES_DEP=$(O)/modules.dep $(if $(wildcard user/etc),-t /etc=user/etc)
INITRD_INPUTS := iso/initrd.list $(O)/modules.dep tools/mkinitrd.py $(BUSYBOX_FILE) user/bin/man $(shell find user/etc user/man -type f 2>/dev/null)

# What modprobe and modinfo look into; no module of ours needs another one.
$(O)/modules.dep: Makefile $(wildcard livepatch/samples)
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s:\n' $(sort $(notdir $(MODULES:.c=.ko))) >$@

initrd: $(O)/initrd # the initial root file system
$(O)/initrd: $(INITRD_FILES) $(INITRD_INPUTS)
	$(call say,INITRD,$@)
	$(Q)$(mkinitrd) $(call installed,$(INITRD_FILES)) -o $@
$(O)/initrd-test: $(INITRD_FILES) $(TEST_FILES) $(TEST_PROGRAMS) $(GUEST_SCRIPTS) $(GUEST_LIBRARIES) $(INITRD_INPUTS)
	$(call say,INITRD,$@)
	$(Q)$(mkinitrd) $(call installed,$(INITRD_FILES) $(TEST_FILES)) $(test_program_files) \
		$(foreach script,$(GUEST_SCRIPTS),-f /tests/$(basename $(notdir $(script)))=$(script)) \
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

# ---- running ----------------------------------------------------------------------------------------------------------

RUN_ISO := $(O)/neurath.iso
QEMU = $(PYTHON) tools/qemu --iso $(RUN_ISO) --cpus $(CPUS) --mem $(MEM) --firmware $(FIRMWARE) --accel $(ACCEL) \
	$(if $(SHARE),--share '$(SHARE)') $(if $(WINDOW),--window '$(WINDOW)') $(if $(MACHINE),--machine $(MACHINE)) $(if $(CMDLINE),--cmdline '$(CMDLINE)')

.PHONY: run run-now guest guest-now debug debug-now
run: setup       # an interactive shell on this terminal; Ctrl-A x leaves
	$(now)
run-now: $(RUN_ISO)
	@$(QEMU)

guest: setup     # SCRIPT=file.sh [SHARE=dir]: boots headless and runs the script; fails if the script does
	$(if $(SCRIPT),,$(error make guest needs SCRIPT=file.sh))
	$(now)
guest-now: $(RUN_ISO)
	@$(QEMU) --script $(SCRIPT) --timeout $(or $(TIMEOUT),900)

debug: setup     # QEMU waits for gdb; in another terminal: gdb -x build/gdbinit
	$(now)
debug-now: $(RUN_ISO)
	$(Q)printf 'file $(KERNEL)\ntarget remote :1234\n' >$(O)/gdbinit
	@echo 'In another terminal: gdb -x $(O)/gdbinit'
	@$(QEMU) --gdb

# ---- tests ------------------------------------------------------------------------------------------------------------

.PHONY: test stress fuzz model bench bench-now test-images
TEST = $(PYTHON) tests/run.py --build build/debug $(if $(ONLY),--only '$(ONLY)') $(if $(SEED),--seed $(SEED)) $(if $(filter 1,$(V)),-v)
test: setup      # everything that CI runs [ONLY=pattern SEED=n]
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	@$(TEST)
stress: setup    # the long-running suites: races searched with random seeds
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	@$(TEST) --kind stress
fuzz: setup      # random system calls of an ordinary user, 60 processes from SEED=n
	$(Q)$(MAKE) --no-print-directory DEBUG=1 O=build/debug test-images
	@$(TEST) --kind fuzz
model: setup     # verifies tests/model in every configuration: minutes, 5 GB of memory
	@$(PYTHON) tests/model/check.py --all
bench: setup     # times and sizes, as lines "# bench NAME VALUE UNIT"
	$(now)
bench-now: $(O)/test.iso $(O)/neurath.iso
	@$(PYTHON) tests/bench/boot.py $(O)
	@$(PYTHON) tests/bench/icount.py $(O)
	@LINUX=$(LINUX) $(PYTHON) tests/bench/linux.py $(O)
	@$(PYTHON) tests/run.py --build $(O) --kind bench --jobs 1 -v
test-images: $(O)/test.iso

# ---- housekeeping -----------------------------------------------------------------------------------------------------

.PHONY: doctor clean
doctor:          # says what this machine has and lacks
	@BUSYBOX=$(BUSYBOX) tools/setup --doctor

compile_commands.json: $(KERNEL_SOURCES) $(O)/flags.KERNEL_FLAGS # for editors
	$(Q)$(PYTHON) tools/compdb.py --flags '$(KFLAGS) $(CPPFLAGS)' --cc $(CC) $(filter %.c,$(KERNEL_SOURCES)) >$@

clean:           # removes everything that was built
	$(Q)rm -rf build $(filter-out build build/debug,$(O)) compile_commands.json

-include $(KERNEL_OBJECTS:.o=.d) $(OFFSETS).d
