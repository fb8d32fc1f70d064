# The one door to everything. `make run` and `make test` install what they need, build and go.

SHELL := /bin/bash
# The package's, which `deps` installs; the one of a Swift toolchain does as well.
CLANG ?= /usr/bin/clang
LLVM_STRIP ?= llvm-strip
SWIFT ?= swift
BUILD := build
MACHINE := $(shell uname -m)
BPF_ARCH := $(if $(filter aarch64,$(MACHINE)),arm64,x86)
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)

BINARY := .build/release/ebpf-audit
TEST_BUNDLE := .build/debug/ebpf-auditPackageTests.xctest
# Relocations of a position-independent program, packed: a megabyte less. The C library reads them since 2.36; not every linker makes them.
RELR := $(if $(filter 2.36,$(shell { echo 2.36; getconf GNU_LIBC_VERSION | cut -d' ' -f2; } | sort -V | head -n1)),-Xlinker -z -Xlinker pack-relative-relocs)
# Functions that are alike to the last instruction are in the program once: 0.2 MB. Nothing in it tells functions apart by their addresses.
ICF := -Xlinker --icf=all
RELEASE := -c release --static-swift-stdlib --explicit-target-dependency-import-check error

# What building needs, and what only the tests need: Debian's package names.
PACKAGES := libbpf-dev libelf-dev zlib1g-dev liblzma-dev xz-utils libaudit-dev libauparse-dev clang llvm gcc make
TEST_PACKAGES := auditd bpftool gcc-multilib libcap2-bin procps util-linux
KERNELS_PACKAGES := apt dpkg python3
# What goes into the virtual machines for the workloads of the differential test.
KERNELS_DIFFERENTIAL_PACKAGES := dash coreutils findutils diffutils sed grep tar libc-bin git gcc libc6-dev

# 32-bit jumps came in 5.1 (092ed0968bb6), and verifiers before 5.8 lose bounds over 32-bit arithmetic.
BPF_CPU = $(if $(filter btf.bpf.o hooks% rings% $(notdir $(BPF_TEST_OBJECTS)),$(notdir $@)),v3,v2)
BPF_FLAGS = -g -O2 -mcpu=$(BPF_CPU) -target bpf -D__TARGET_ARCH_$(BPF_ARCH_OF_OBJECT) -Wall -Wextra -Werror \
	-Wno-unused-function -Wno-unused-parameter \
	-Ibpf -ISources/CAuditWire/include $(if $(MULTIARCH),-I/usr/include/$(MULTIARCH))
BPF_OBJECTS := $(patsubst %,$(BUILD)/bpf/%.bpf.o,btf raw_tp raw_tp_noloops raw_tp_sub4096 tp hooks_fentry hooks_kprobe rings)
# As they are built in.
BPF_ARCHIVES := $(BUILD)/bpf/btf.tar.xz $(BUILD)/bpf/staged.tar.xz
BPF_ARCH_OF_OBJECT = $(if $(filter $(BUILD)/bpf-other/%,$@),$(BPF_OTHER_ARCH),$(BPF_ARCH))
# The same for the other processor that the programs know: compiled and held against their tiers' limits by the tests, not run.
BPF_OTHER_ARCH := $(if $(filter arm64,$(BPF_ARCH)),x86,arm64)
BPF_OTHER_OBJECTS := $(BPF_OBJECTS:$(BUILD)/bpf/%=$(BUILD)/bpf-other/%)
# The kernel program of get-offsets.
BPF_TOOL_OBJECTS := $(BUILD)/bpf/offsets.bpf.o
# Kernel programs that only the tests load.
BPF_TEST_OBJECTS := $(BUILD)/bpf-test/selection_test.bpf.o

BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,load target limit empty.bpf.o ring.bpf.o)

WORKLOAD_SOURCES := $(wildcard Tests/Workload/*.c)
WORKLOAD := $(patsubst Tests/Workload/%.c,$(BUILD)/workload/%,$(WORKLOAD_SOURCES))

.PHONY: all get-offsets sizes run test test-kernels kernels differential differential-rules check bench bpf bpf-other bpf-test build workload deps test-deps install clean help
all: build

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make run      install what is missing, build, and show what syscalls.rules selects (RUN="..." for other arguments)
RUN ?= --rules syscalls.rules
run: build
	@$(if $(filter-out 0,$(shell id -u)),sudo )$(BINARY) run $(RUN)

## make test     install what is missing, build, and run every test; then some of them on Debian's oldest and newest kernel in QEMU, where
##               these can be had (KERNELS_TEST= leaves them out, TEST="--filter X" too)
TEST ?=
KERNELS_TEST ?= 5.10 newest
test: test-deps build get-offsets workload bpf-test bpf-other
	EBPF_AUDIT=$(CURDIR)/$(BINARY) $(SWIFT) test --no-parallel $(TEST)
	$(if $(TEST),,$(if $(KERNELS_TEST),$(MAKE) test-kernels))

# The bundle is there, and a machine that cannot have kernels has passed all the same.
test-kernels:
	$(call install-packages,$(KERNELS_PACKAGES))
	@Tests/Kernels/matrix.py --only '$(KERNELS_TEST)' --tests $(TEST_BUNDLE) --which smoke --optional

## make differential  compare with the records of the kernel's own audit (DIFFERENTIAL="..." for options)
DIFFERENTIAL ?=
differential: test-deps build workload
	$(SWIFT) build $(RELEASE) --product Differential
	$(if $(filter-out 0,$(shell id -u)),sudo )$(dir $(BINARY))Differential $(DIFFERENTIAL)

## make differential-rules  compare which events over 5,000 generated rules select with the kernel (DIFFERENTIAL="--first 7 --sets 1" for one set)
differential-rules: test-deps build workload
	$(SWIFT) build $(RELEASE) --product Differential
	$(if $(filter-out 0,$(shell id -u)),sudo )$(dir $(BINARY))Differential rules $(DIFFERENTIAL)

## make kernels  load and test on Debian's kernels in QEMU (KERNELS_ONLY="5.10 newest", KERNELS_WHICH=all); KERNELS=dir tries own images;
##               KERNELS_DIFFERENTIAL=3 runs the differential test there instead, three times (DIFFERENTIAL="..." for options);
##               KERNELS_RULES=40 compares which events so many sets of generated rules select (DIFFERENTIAL="--first 40": the sets behind these);
##               KERNELS_TIER=raw_tp allows that tier only; KERNELS_BTF is a file of get-offsets, or a directory of NAME.btf
##               (without it, IMAGE.btf beside an image is taken, if there); KERNELS_LSM= leaves the security modules as built in
KERNELS ?=
KERNELS_ONLY ?=
KERNELS_WHICH ?= short
KERNELS_DIFFERENTIAL ?=
KERNELS_RULES ?=
KERNELS_TIER ?=
KERNELS_BTF ?=
KERNELS_LSM ?= yama
kernels: test-deps build workload
	$(call install-packages,$(KERNELS_PACKAGES) $(if $(KERNELS_DIFFERENTIAL)$(KERNELS_RULES),$(KERNELS_DIFFERENTIAL_PACKAGES)))
	$(if $(KERNELS_DIFFERENTIAL)$(KERNELS_RULES),$(SWIFT) build $(RELEASE) --product Differential,$(SWIFT) build --build-tests)
	@Tests/Kernels/matrix.py --only '$(KERNELS_ONLY)' $(if $(KERNELS),--images '$(KERNELS)') \
		$(if $(KERNELS_TIER),--tier '$(KERNELS_TIER)') $(if $(KERNELS_BTF),--btf '$(KERNELS_BTF)') \
		$(if $(KERNELS_DIFFERENTIAL)$(KERNELS_RULES),--differential $(dir $(BINARY))Differential --runs '$(or $(KERNELS_DIFFERENTIAL),1)' \
		--rules '$(or $(KERNELS_RULES),0)' \
		--lsm '$(KERNELS_LSM)' --options='$(DIFFERENTIAL)',--lsm '$(KERNELS_LSM)' --tests $(TEST_BUNDLE) --which '$(KERNELS_WHICH)')

## make bench    what watching costs, beside kernel audit (BENCH_ROUNDS=5 BENCH_SUSTAINED=10 [s]; a full run has 15 and 60)
BENCH_ROUNDS ?= 5
BENCH_SUSTAINED ?= 10
BENCH ?=
bench: build $(BENCH_PROGRAMS)
	$(call install-packages,$(BENCH_PACKAGES))
	@$(if $(filter-out 0,$(shell id -u)),sudo )python3 Benchmarks/bench.py --program $(BINARY) --rounds $(BENCH_ROUNDS) \
		--sustained $(BENCH_SUSTAINED) $(BENCH)

$(BUILD)/bench/load: Benchmarks/loads/load.c Benchmarks/limits/limits.h
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Wno-unused-parameter -pthread $< -o $@

$(BUILD)/bench/target: Benchmarks/loads/target.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -static $< -o $@

$(BUILD)/bench/limit: Benchmarks/limits/limit.c Benchmarks/limits/limits.h
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Wno-unused-parameter $< -lbpf -o $@

$(BUILD)/bench/%.bpf.o: Benchmarks/limits/%.bpf.c Benchmarks/limits/limits.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_FLAGS) -c $< -o $@

## make check    formatting of the Swift sources, and lines that stand twice
check:
	$(SWIFT) format lint --strict --recursive --configuration .swift-format Package.swift Sources Tests
	@if command -v duplicates >/dev/null; then duplicates; fi

## make build    the program, at .build/release/ebpf-audit
build: deps bpf
	$(SWIFT) build $(RELEASE) $(RELR) $(ICF) --product ebpf-audit

## make bpf      the kernel programs, under build/bpf
bpf: deps $(BPF_ARCHIVES) $(BPF_TOOL_OBJECTS)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(wildcard Sources/CAuditWire/include/*.h) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@ # leaves BTF, which libbpf needs, and takes DWARF, which it does not
	@touch get_offsets/wanted.c get_offsets/check.c # embed objects, which the Swift build does not see change

.PRECIOUS: $(BUILD)/bpf/%.bpf.o

# In an order in which what is wanted most comes first, and the largest last.
$(BUILD)/bpf/btf.tar.xz: $(patsubst %,$(BUILD)/bpf/%.bpf.o,btf hooks_fentry hooks_kprobe rings)
$(BUILD)/bpf/staged.tar.xz: $(patsubst %,$(BUILD)/bpf/%.bpf.o,raw_tp raw_tp_sub4096 tp raw_tp_noloops)
$(BPF_ARCHIVES):
	tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 -C $(@D) -cf $(basename $@) $(notdir $^)
	xz -9e --check=crc32 -f $(basename $@)
	@touch Sources/CBPF/Objects.c # embeds the objects, which the Swift build does not see change

## make sizes    instructions of every kernel program, by processor and tier
sizes: bpf bpf-other
	@for object in $(BPF_OBJECTS) $(BPF_OTHER_OBJECTS); do \
		case $$object in $(BUILD)/bpf-other/*) machine=$(BPF_OTHER_ARCH);; *) machine=$(BPF_ARCH);; esac; \
		llvm-readelf -s $$object | awk -v machine=$$machine -v tier="$$(basename $$object .bpf.o)" \
			'$$4 == "FUNC" { printf "%-5s  %-15s %6d  %s\n", machine, tier, $$3 / 8, $$8 }' | sort -k3,3nr; \
	done

## make get-offsets  the program that makes type information for kernels without, at .build/release/get-offsets
get-offsets: deps bpf
	$(SWIFT) build $(RELEASE) --product get-offsets

## make bpf-other the kernel programs for the other processor (arm64 on x86-64), under build/bpf-other
bpf-other: $(BPF_OTHER_OBJECTS)

$(BUILD)/bpf-other/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(wildcard Sources/CAuditWire/include/*.h) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(LLVM_STRIP) -g $@

## make bpf-test the kernel programs that only the tests load, under build/bpf-test
bpf-test: $(BPF_TEST_OBJECTS)

$(BUILD)/bpf-test/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(wildcard Sources/CAuditWire/include/*.h) \
		$(wildcard Tests/Support/CBPFTest/include/*.h) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(BPF_FLAGS) -c $< -o $@

## make workload the programs that the tests watch, under build/workload
workload: $(WORKLOAD)

$(BUILD)/workload/%: Tests/Workload/%.c $(wildcard Tests/Workload/*.h)
	@mkdir -p $(@D)
	$(CC) -O1 -Wall -Wextra $(if $(filter %_32,$*),-m32) $(if $(filter %_static,$*),-static) -pthread $< -o $@

$(BUILD)/workload/rule_events_32: Tests/Workload/rule_events.c

# Installs only what is missing; without root it says what to install.
define install-packages
	@missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" != 0 ]; then echo "missing packages, install them as root: apt-get install $$missing" >&2; exit 1; fi; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $$missing; \
	fi
endef

deps:
	$(call install-packages,$(PACKAGES))

test-deps: deps
	$(call install-packages,$(TEST_PACKAGES))

## make install  programs, rules, configuration and plugin file under DESTDIR
PREFIX ?= /usr
install: build get-offsets
	install -D -m 0750 -s $(BINARY) $(DESTDIR)$(PREFIX)/sbin/ebpf-audit
	install -D -m 0755 -s $(dir $(BINARY))get-offsets $(DESTDIR)$(PREFIX)/sbin/get-offsets
	install -D -m 0640 syscalls.rules $(DESTDIR)/etc/ebpf-audit/syscalls.rules
	install -D -m 0640 packaging/ebpf-audit.conf $(DESTDIR)/etc/ebpf-audit/ebpf-audit.conf
	install -D -m 0640 plugins.d/ebpf-audit.conf $(DESTDIR)/etc/audit/plugins.d/ebpf-audit.conf

clean:
	rm -rf $(BUILD) .build
