# SPDX-License-Identifier: GPL-2.0-only
#
#   make               builds build/nlrig
#   make check         all that must hold before a commit: style, unit tests, and every case on
#                      the model and on both modules in VMs
#   make conformance   cases on a target: TARGET=intree|ref|all VM=qemu|uml CASES=PATH or GLOB
#   make format        has clang-format put the C files in order
#   make clean         removes build/
#
# V=1 shows the commands.

B := build
CC := gcc
CFLAGS := -O2 -g
TARGET := all
VM := qemu
CASES := corpora/cases

# A room is a folder: whatever .c file appears there is built.
ROOMS := schema wire model gen link judge report
LIB_SRC := $(sort $(foreach room,$(ROOMS),$(wildcard harness/$(room)/*.c)) $(wildcard replay/*.c))
CLI_SRC := $(sort $(wildcard harness/cli/*.c))
TEST_SRC := $(sort $(wildcard harness/tests/*.c))
LIB := $(LIB_SRC:%.c=$(B)/%.o)
CLI := $(CLI_SRC:%.c=$(B)/%.o)
TEST := $(TEST_SRC:%.c=$(B)/%.o)

PKGS := libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libmnl libpcap
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE= -Wall -Wextra -Werror -Iharness -I. $(PKG_CFLAGS) $(CFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)

.DEFAULT_GOAL := all
.PHONY: all check conformance format clean deps deps-check
.DELETE_ON_ERROR:

all: $(B)/nlrig

$(B)/nlrig: $(CLI) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(B)/nlrig-test: $(TEST) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcunit

# What is compiled depends on how: this file is in the list.
$(B)/%.o: %.c Makefile | deps
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Installs what is missing; quick and quiet when nothing is.
deps:
	@ci/deps build
deps-check:
	@ci/deps build tidy $(VM)

# All of these leave KTAP in build/report/, which nlrig counts in and turns into one table.
check: deps-check $(B)/nlrig $(B)/nlrig-test
	@mkdir -p $(B)/report
	@echo '  TIDY'
	@ci/tidy >$(B)/report/tidy.ktap || [ $$? = 1 ]
	@echo '  UNIT'
	@$(B)/nlrig-test >$(B)/report/unit.ktap || true
	@echo '  TRACE'
	@$(B)/nlrig judge --quiet --ktap corpora/traces/*.pcapng >$(B)/report/trace.ktap || \
		[ $$? = 1 ]
	@echo '  RUN   all cases on the model, intree and ref ($(VM))'
	@$(B)/nlrig run --target all --vm $(VM) --report $(B)/report \
		--also $(B)/report/tidy.ktap --also $(B)/report/unit.ktap \
		--also $(B)/report/trace.ktap

conformance: deps-check $(B)/nlrig
	@$(B)/nlrig run --target $(TARGET) --vm $(VM) --report $(B)/conformance \
		$(if $(wildcard $(CASES)),$(CASES),--cases '$(CASES)')

format:
	$(Q)git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

clean:
	$(Q)rm -rf $(B)

-include $(LIB:.o=.d) $(CLI:.o=.d) $(TEST:.o=.d)
