# SPDX-License-Identifier: GPL-2.0-only
#
#   make               builds build/nlrig
#   make check         all that must hold before a commit: style, unit tests, the rig's own red
#                      tests, and every case on the model and on both modules in VMs
#   make conformance   cases on a target: TARGET=intree|ref|all VM=qemu|uml CASES=PATH or GLOB
#   make roundtrip     bytes to text to bytes, a million times: COUNT=N SEED=N
#   make bench-traces  how fast long traces are judged, with how much memory, and that each of 30
#                      faults in a real trace is found
#   make figures       how long runs take, and how many cases there are; both append what they
#                      measure to build/report/figures.tsv
#   make replay        sends the traces of corpora/traces/ again, on both modules, in guests
#   make bench         what judging costs beside a bare loop, the model alone, memory over ten
#                      million messages, a flow among 100,000; appended to figures.tsv as well
#   make check-vswitchd  Debian's Open vSwitch at work on both modules, compared (minutes, emulated)
#   make check-diff    500,000 random messages to each module, of a SEED that is new each time
#   make check-all     check, check-vswitchd and check-diff of one seed, as one sum
#   make lint-module   the module under W=1, sparse and checkpatch, for both VMs' kernels
#   make bench-module  the module beside the kernel's own: forwarding, insertion, dump (minutes)
#   make check-debug   both modules on a kernel full of checkers: the cases, a minute of stress with
#                      200 unloads, faults injected (an hour, emulated; the first run builds it)
#   make check-stress  of these, stress alone
#   make check-faults  faults alone: each allocation of each request fails once, of TARGET=ref
#   make diff          random requests, judged by the model: MESSAGES=50000 of SEED on TARGET
#   make canaries      one small fault at a time in the model or in the module: random requests must
#                      find each within MESSAGES=200000 of SEED=1 (ten minutes, resumable); or
#                      CANARIES='model/NAME ...' of ci/canary/
#   make fuzz          a campaign of AFL++ on a sanitized kernel, the model judging each answer:
#                      TARGET=intree|ref (both), TIME=60 (seconds each), JOBS=1 (guests at a time)
#   make overnight     the same for four hours each on all processors, then what it found, triaged
#   make fuzz-traces   damaged traces, into the reader and the judge of traces: TIME=60 (seconds)
#   make fuzz-codec    any bytes, into all that reads what others wrote, with AFL++: TIME=60
#   make plants        how long fuzzers take to find each bug of kernel/plant.h (an hour and a half;
#                      goes on where it was stopped): SEEDS, CAP, CAP_WHOLE as fuzz/plants has them
#   make check-plants  that each bug of kernel/plant.h shows when it is on, and nothing without it
#   make coverage      what of the contract and of the in-tree module's refusals no test has
#                      tried: MESSAGES=200000 of SEED (builds the fuzz kernel: minutes, once)
#   make format        has clang-format put the C files in order
#   make clean         removes build/
#
# V=1 shows the commands.

B := build
CC := gcc
CFLAGS := -O2 -g
TARGET := all
VM := qemu
# the model runs here
AT = $(if $(filter model,$(TARGET)),,--vm $(VM))
CASES := corpora/cases
MESSAGES := 50000
TIME := 60
JOBS := 1
SEED := $(shell date +%s)

# A room is a folder: whatever .c file appears there is built.
ROOMS := schema wire model gen link judge cover report stress fuzz
LIB_SRC := $(sort $(foreach room,$(ROOMS),$(wildcard harness/$(room)/*.c)) $(wildcard replay/*.c))
CLI_SRC := $(sort $(wildcard harness/cli/*.c))
LEAK_SRC := harness/tests/leak.c
TEST_SRC := $(filter-out $(LEAK_SRC),$(sort $(wildcard harness/tests/*.c)))
LIB := $(LIB_SRC:%.c=$(B)/%.o)
CLI := $(CLI_SRC:%.c=$(B)/%.o)
TEST := $(TEST_SRC:%.c=$(B)/%.o)

PKGS := libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libmnl libpcap zlib libzstd
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
# Some of it goes into a library that afl-fuzz loads.
ALL_CFLAGS = -std=gnu11 -fPIC -D_GNU_SOURCE= -Wall -Wextra -Werror -Iharness -I. $(PKG_CFLAGS) \
	$(CFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)

.DEFAULT_GOAL := all
.PHONY: all bench bench-module bench-traces canaries check check-all check-debug check-diff \
	check-diff-ktap check-faults check-plants check-stress check-vswitchd \
	check-vswitchd-ktap clean conformance coverage deps deps-check diff figures format \
	fuzz fuzz-codec fuzz-traces lint-module overnight plants replay roundtrip
.DELETE_ON_ERROR:

all: $(B)/nlrig

$(B)/nlrig: $(CLI) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# What afl-fuzz mutates scripts with.
MUTATOR := $(filter $(B)/harness/schema/% $(B)/harness/wire/% $(B)/harness/gen/% \
	$(B)/harness/fuzz/mutator.o $(B)/harness/fuzz/trim.o $(B)/harness/fuzz/input.o,$(LIB))
$(B)/nlrig-mutator.so: $(MUTATOR)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^

# The red tests put a wrong model in the place of the right one.
$(B)/nlrig-test: $(TEST) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=rig_model_send -o $@ $^ $(PKG_LIBS) -lm -lcunit

$(B)/nlrig-leak: $(LEAK_SRC:%.c=$(B)/%.o) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# What is compiled depends on how: this file is in the list.
$(B)/%.o: %.c Makefile | deps
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The text of a program is in this one.
$(B)/harness/cli/diff_program.o: harness/cli/divergence.c.in

# Installs what is missing; quick and quiet when nothing is.
deps:
	@ci/deps build
deps-check:
	@ci/deps build tidy uml $(firstword $(subst -, ,$(VM)))

# All suites leave KTAP in build/report/, which nlrig counts in and turns into one table.
SUITES := tidy unit completion trace trace-tools red-vm canary-vm fuzz-vm
check-all: SUITES += vswitchd diff
check-all: check-vswitchd-ktap check-diff-ktap
check check-all: deps-check $(B)/nlrig $(B)/nlrig-test $(B)/nlrig-leak $(B)/nlrig-mutator.so
	@mkdir -p $(B)/report
	@echo '  TIDY'
	@ci/tidy >$(B)/report/tidy.ktap || [ $$? = 1 ]
	@echo '  UNIT'
	@$(B)/nlrig-test >$(B)/report/unit.ktap || [ $$? = 1 ]
	@harness/tests/completion $(B) >$(B)/report/completion.ktap || [ $$? = 1 ]
	@echo '  TRACE'
	@$(B)/nlrig judge --quiet --ktap corpora/traces/*.pcapng* >$(B)/report/trace.ktap || \
		[ $$? = 1 ]
	@echo '  TOOLS traces that tshark reads and tcpdump writes, from a guest'
	@ci/deps trace
	@harness/tests/trace-tools $(B) >$(B)/report/trace-tools.ktap || [ $$? = 1 ]
	@echo '  RED   what must fail, in guests'
	@harness/tests/red-vm $(B) >$(B)/report/red-vm.ktap || [ $$? = 1 ]
	@echo '  BIRD  small faults that random requests must find, in guests'
	@$(CANARY_ENV) harness/tests/canary-vm $(B) >$(B)/report/canary-vm.ktap || [ $$? = 1 ]
	@echo '  FUZZ  campaigns of seconds, killed and gone on with, in guests'
	@ci/deps kernel afl
	@harness/tests/fuzz-vm $(B) >$(B)/report/fuzz-vm.ktap || [ $$? = 1 ]
	@echo '  PLAY  small traces again, on both modules, in guests'
	@rm -f $(B)/report/replay-*.ktap
	@BUILD=$(B) ci/replay --small --ktap $(if $(filter uml,$(VM)),--vm uml) || [ $$? = 1 ]
	@echo '  RUN   all cases on the model, intree and ref ($(VM))'
	@$(B)/nlrig run --table --target all --vm $(VM) --report $(B)/report \
		$(foreach suite,$(SUITES),--also $(B)/report/$(suite).ktap) \
		$$(printf -- '--also %s ' $(B)/report/replay-*.ktap)

conformance: deps-check $(B)/nlrig
	@$(B)/nlrig run --table --target $(TARGET) $(AT) --report $(B)/report \
		$(if $(wildcard $(CASES)),$(CASES),--cases '$(CASES)')

roundtrip: $(B)/nlrig-test
	@BUILD=$(B) COUNT=$(COUNT) SEED=$(SEED) ci/figures roundtrip

figures: $(B)/nlrig
	@ci/deps build qemu uml
	@BUILD=$(B) ci/figures model uml qemu

replay: $(B)/nlrig
	@ci/deps build qemu uml
	@BUILD=$(B) ci/replay

bench-traces: $(B)/nlrig $(B)/nlrig-test
	@BUILD=$(B) ci/figures faults traces

bench: MESSAGES := $(if $(filter file,$(origin MESSAGES)),10000000,$(MESSAGES))
bench: $(B)/nlrig
	@ci/deps build uml
	@BUILD=$(B) MESSAGES=$(MESSAGES) ci/figures bench

VSWITCHD = ci/vswitchd/run --out $(B)/vswitchd --figures $(B)/report/figures.tsv

check-vswitchd: $(B)/nlrig
	@ci/deps build qemu
	@mkdir -p $(B)/report
	@$(VSWITCHD)

CHECK_DIFF = BUILD=$(B) ci/diff 500000 $(SEED)

check-diff: $(B)/nlrig
	@ci/deps build uml
	@$(CHECK_DIFF)

# A gate says the same of the same tree: what is new, check-diff looks for.
check-diff-ktap: SEED := $(if $(filter file,$(origin SEED)),1795202437,$(SEED))
check-diff-ktap: $(B)/nlrig
	@ci/deps build uml
	@mkdir -p $(B)/report
	@echo '  DIFF  500000 random messages of seed $(SEED) to each module, in guests'
	@$(CHECK_DIFF) >$(B)/report/diff.ktap || [ $$? = 1 ]

# What it prints is what the table of all suites will say.
check-vswitchd-ktap: $(B)/nlrig
	@ci/deps build qemu
	@mkdir -p $(B)/report
	@echo '  OVS   its daemon on both modules, in guests'
	@$(VSWITCHD) >$(B)/report/vswitchd.txt || [ $$? = 1 ]
	@cp $(B)/vswitchd/report.ktap $(B)/report/vswitchd.ktap

lint-module:
	@ci/deps qemu uml lint
	@ci/lint-module $(B)/lint

bench-module:
	@ci/deps build qemu
	@BUILD=$(B) ci/bench/run

check-debug check-faults check-stress: $(B)/nlrig
	@ci/deps build qemu uml kernel
	@BUILD=$(B) TARGET=$(TARGET) ci/debug/check $(filter-out debug,$(@:check-%=%))

# A seed of its own for each run, unless it is given: every report names it.
diff: VM := $(if $(filter file,$(origin VM)),uml,$(VM))
diff: deps-check $(B)/nlrig
	@for target in $(if $(filter all,$(TARGET)),intree ref,$(TARGET)); do \
		$(B)/nlrig diff --target $$target $(AT) --seed $(SEED) \
			--messages $(MESSAGES) --report $(B)/report/diff || exit; \
		BUILD=$(B) ci/figures diff $(B)/report/diff/$$target; \
	done

CANARY_ENV = COMPILE='$(CC) $(ALL_CFLAGS)' LINK='$(CC) $(LDFLAGS)' OBJECTS='$(CLI) $(LIB)' \
	LIBS='$(PKG_LIBS) -lm'

canaries: MESSAGES := $(if $(filter file,$(origin MESSAGES)),200000,$(MESSAGES))
canaries: SEED := $(if $(filter file,$(origin SEED)),1,$(SEED))
canaries: $(B)/nlrig
	@ci/deps build uml
	@BUILD=$(B) $(CANARY_ENV) nice ci/canary/run --messages $(MESSAGES) \
		--seed $(SEED) $(CANARIES)

# Where a campaign has been it goes on; its folder has all that it found.
fuzz: $(B)/nlrig $(B)/nlrig-mutator.so
	@ci/deps build uml kernel afl
	@for target in $(if $(filter all,$(TARGET)),intree ref,$(TARGET)); do \
		BUILD=$(B) fuzz/campaign $$target $(TIME) $(JOBS) $(SEED) || exit; \
	done

overnight: $(B)/nlrig $(B)/nlrig-mutator.so
	@ci/deps build uml kernel afl
	@BUILD=$(B) ci/overnight

# All of the rig that a trace goes through, with clang's sanitizers; findings stay in build/fuzz.
FUZZ_CFLAGS := -O2 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined
$(B)/fuzz/%.o: %.c Makefile | fuzz-deps
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)clang $(filter-out $(CFLAGS),$(ALL_CFLAGS)) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link \
		-MMD -MP -c -o $@ $<

FEEDS := fuzz/feed_trace.c fuzz/feed_wire.c
TRACE_TARGET := $(LIB_SRC) fuzz/feed_trace.c fuzz/trace_target.c
$(B)/fuzz/trace_target: $(TRACE_TARGET:%.c=$(B)/fuzz/%.o)
	$(call say,LINK)
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

# The same for AFL++, which brings a driver for libFuzzer's entry.
AFL := AFL_QUIET=1 AFL_CC_COMPILER=LLVM afl-clang-fast
$(B)/afl/%.o: %.c Makefile | fuzz-deps
	@mkdir -p $(@D)
	$(call say,AFL)
	$(Q)$(AFL) $(filter-out $(CFLAGS),$(ALL_CFLAGS)) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

CODEC_TARGET := $(LIB_SRC) $(FEEDS) fuzz/codec_target.c
$(B)/afl/codec_target: $(CODEC_TARGET:%.c=$(B)/afl/%.o)
	$(call say,LINK)
	$(Q)$(AFL) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

.PHONY: fuzz-deps
fuzz-deps:
	@ci/deps build fuzz

fuzz-traces: $(B)/fuzz/trace_target
	@BUILD=$(B) fuzz/traces $(TIME)

fuzz-codec: $(B)/nlrig $(B)/afl/codec_target
	@BUILD=$(B) fuzz/codec $(TIME)

check-plants: $(B)/nlrig
	@ci/deps build uml kernel
	@BUILD=$(B) fuzz/plants show

plants: $(B)/nlrig $(B)/nlrig-mutator.so
	@ci/deps build uml kernel afl
	@BUILD=$(B) fuzz/plants measure

coverage: MESSAGES := $(if $(filter file,$(origin MESSAGES)),200000,$(MESSAGES))
coverage: $(B)/nlrig
	@ci/deps build uml
	@BUILD=$(B) MESSAGES=$(MESSAGES) SEED=$(SEED) ci/coverage

format:
	$(Q)git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

clean:
	$(Q)rm -rf $(B)

-include $(TRACE_TARGET:%.c=$(B)/fuzz/%.d) $(CODEC_TARGET:%.c=$(B)/afl/%.d)
-include $(LEAK_SRC:%.c=$(B)/%.d) $(LIB:.o=.d) $(CLI:.o=.d) $(TEST:.o=.d)
