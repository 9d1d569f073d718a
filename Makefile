# `make help` lists what you can type. This is the only Makefile. A file's place decides what it is:
#
#   common/*.cpp               the library build/lib/common.a; likewise common/mpi and common/mpi_guard
#   chapters/NN_topic/*        with `int main`: a program, build/chapters/NN_topic/name; without: in build/lib/NN_topic.a.
#                              A program sees its own chapter's library, those of earlier chapters, and common.a.
#   tests/NN_topic_test.cpp    a GoogleTest program; with a line `// ranks: 1 2 4` it is an MPI program for these numbers
#                              of processes. *_long_test.cpp runs in `make test-long` only.

# --- Choices: make VARIABLE=value ------------------------------------------------------------------------------------
#   CXX, MPICXX, MPIEXEC, NVCC   compilers and launcher, found by common/setup.sh if not given; NVCC= for no CUDA Toolkit
#   MARCH=native                 the processor to compile for. Programs built so may die with "illegal instruction" on
#                                a cluster's older nodes: MARCH=x86-64-v3 runs on every x86 server since about 2015.
#   SANITIZE=address,undefined   build with these sanitizers, in a folder of their own
#   RANKS=2 DEVICE=cpu ARGS=...  for `make 01` and its like: processes, device, further options of the program
#   GUARD=0                      link MPI programs without common/mpi_guard
#   NO_INSTALL=1                 report missing tools, install nothing
#   V=1                          show every command
MARCH ?= native
SANITIZE ?=
RANKS ?= 2
DEVICE ?= cpu
ARGS ?=
V ?=
NVCC ?= $(shell command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null)

SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
endif
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
comma := ,
B := build$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))
DATA := build/data
quiet := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# --- Set-up. Make runs the script first, reads what it found, and starts again if that changed. ------------------------

needs_no_setup := help clean doctor plot timeline
ifneq ($(filter-out $(needs_no_setup) diff-%,$(or $(MAKECMDGOALS),help)),)
include build/setup.mk
endif
build/setup.mk: FORCE
	@CXX='$(if $(filter-out default file,$(origin CXX)),$(CXX))' \
	MPICXX='$(if $(filter-out file undefined,$(origin MPICXX)),$(MPICXX))' \
	MPIEXEC='$(if $(filter-out file undefined,$(origin MPIEXEC)),$(MPIEXEC))' \
	CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' NO_INSTALL='$(NO_INSTALL)' sh common/setup.sh $@
FORCE:

# --- What there is ---------------------------------------------------------------------------------------------------

chapters := $(notdir $(wildcard chapters/[0-9]*))
sources  := $(wildcard common/*.cpp common/mpi/*.cpp common/mpi_guard/*.cpp chapters/*/*.cpp tests/*.cpp tests/mpi_guard/*.cpp)
mains    := $(shell grep -lE '^int main' $(wildcard common/*/*.cpp chapters/*/*.cpp) /dev/null)
programs := $(patsubst %.cpp,$(B)/%,$(filter chapters/%,$(mains)))
tests    := $(patsubst tests/%.cpp,$(B)/tests/%,$(wildcard tests/*_test.cpp))
long_tests  := $(filter %_long_test,$(tests))
short_tests := $(filter-out $(long_tests),$(tests))

# Chapters 01 to 03 are one process; what stands later, and the tests of it, are MPI programs.
mpi_places := common/mpi/% common/mpi_guard/% $(foreach n,04 05 06 07 08 09 10 11,chapters/$(n)_% tests/$(n)_%) tests/mpi_%
is_mpi = $(filter $(mpi_places),$(1))

# --- Compiling -------------------------------------------------------------------------------------------------------

# -ffp-contract=off: the compiler must not fuse a multiplication and an addition in one place and not in another, or the
# vector part and the tail of one loop would differ in bits. The matrix products want the fusion: every element there
# goes through the same kernel.
CXXFLAGS ?= $(if $(SANITIZE),-O1 -g,-O3 -g1)
override CXXFLAGS += -std=c++20 -ffp-contract=off -Wall -Wextra $(if $(MARCH),-march=$(MARCH))
override CXXFLAGS += $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# g++ 12 warns of overlapping copies inside its own std::string, falsely (GCC bug 105651).
override CXXFLAGS += $(if $(findstring clang,$(CXX)),,-Wno-restrict)
override CPPFLAGS += -I.
fused := chapters/01_serial/matmul% chapters/01_serial/core_peak%

# The MPI compiler wrappers call the compiler that we chose.
export MPIEXEC B
export MPICH_CXX := $(CXX)
export OMPI_CXX := $(CXX)
compiler = $(if $(call is_mpi,$(1)),$(MPICXX),$(CXX))

# Objects depend on the flags that they were made with.
flags := $(CXX) $(MPICXX) $(CPPFLAGS) $(CXXFLAGS)
$(B)/flags: FORCE
	@mkdir -p $(@D); echo '$(flags)' | cmp -s - $@ || echo '$(flags)' > $@

$(B)/%.o: %.cpp $(B)/flags
	$(call say,compile,$<)
	@mkdir -p $(@D)
	$(quiet)$(call compiler,$<) $(CPPFLAGS) $(CXXFLAGS) $(if $(filter $(fused),$<),-ffp-contract=fast) -MMD -MP -c $< -o $@

define make_archive
$(call say,archive,$@)
@mkdir -p $(@D)
@rm -f $@
$(quiet)ar rcs $@ $(filter %.o,$^)
endef
objects = $(patsubst %.cpp,$(B)/%.o,$(filter-out $(mains),$(wildcard $(1)/*.cpp)))

$(B)/lib/common.a: $(call objects,common)
	$(make_archive)
$(B)/lib/mpi.a: $(call objects,common/mpi)
	$(make_archive)
$(B)/lib/mpi_guard.a: $(call objects,common/mpi_guard)
	$(make_archive)

# Libraries that chapter $(1) stands on, in link order: its own, earlier ones, common ones.
earlier = $(foreach c,$(chapters),$(if $(filter $(1),$(c)),$(c),$(if $(filter $(1),$(lastword $(sort $(c) $(1)))),$(c))))
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
mpi_libraries = $(if $(call is_mpi,$(1)),$(B)/lib/mpi.a $(if $(filter 0,$(GUARD)),,$(B)/lib/mpi_guard.a))
libraries = $(patsubst %,$(B)/lib/%.a,$(call reverse,$(call earlier,$(1))))
LDLIBS += -lpthread -ldl

# $(call link,objects and libraries,libraries of the system)
define link
$(call say,link,$@)
@mkdir -p $(@D)
$(quiet)$(call compiler,$(patsubst $(B)/%,%,$@)) $(CXXFLAGS) $(LDFLAGS) $(1) -o $@ $(2) $(LDLIBS)
endef

# A chapter: its library and its programs.
define chapter_rules
$(B)/lib/$(1).a: $(call objects,chapters/$(1))
	$$(make_archive)
$(filter $(B)/chapters/$(1)/%,$(programs)): %: %.o $(call libraries,$(1)) $(call mpi_libraries,chapters/$(1)/) $(B)/lib/common.a
	$$(call link,$$^)
endef
$(foreach c,$(chapters),$(eval $(call chapter_rules,$(c))))

# A test stands on the chapters up to its number, or on common ones alone.
define test_rules
$(1): $(1).o $(if $(call is_mpi,$(2)),$(B)/tests/mpi_main.o) $(call libraries,$(call chapter_of,$(notdir $(1)))) $(call mpi_libraries,$(2)) $(B)/lib/common.a
	$$(call link,$$^,-lgtest $(if $(call is_mpi,$(2)),,-lgtest_main))
endef
chapter_of = $(firstword $(foreach c,$(chapters),$(if $(filter $(c)_%,$(1)),$(c))))
$(foreach t,$(tests),$(eval $(call test_rules,$(t),$(patsubst $(B)/%,%,$(t)))))

# The small programs that the watchdog must explain; one test runs them all.
planted := $(patsubst %.cpp,$(B)/%,$(wildcard tests/mpi_guard/*.cpp))
$(planted): %: %.o $(B)/lib/mpi.a $(B)/lib/mpi_guard.a
	$(call link,$^)
$(B)/tests/common_mpi_guard_test: | $(planted) $(B)/tests/mpi_session_test

-include $(patsubst %.cpp,$(B)/%.d,$(sources))

# --- The data set ----------------------------------------------------------------------------------------------------

idx := $(patsubst common/data/mnist/%.gz,$(DATA)/%,$(wildcard common/data/mnist/*.gz))
$(DATA)/%: common/data/mnist/%.gz common/data/mnist/SHA256SUMS
	@mkdir -p $(@D)
	@sh common/data/unpack.sh $< $@

# --- Verbs -----------------------------------------------------------------------------------------------------------

.DEFAULT_GOAL := help
.PHONY: help all programs train test test-long bench plot timeline doctor clean data FORCE

help: ## this list
	@echo 'usage: make VERB [VARIABLE=value ...]'; echo
	@sed -n 's/^## \([^ :]*\): \(.*\)/\1|\2/p; s/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	  awk -F '|' '{ printf "  %-12s %s\n", $$1, $$2 }'
	@echo; echo 'variables:'
	@sed -n 's/^#   \([A-Z].*\)/  \1/p; s/^#    \( *[a-z].*\)/   \1/p' $(firstword $(MAKEFILE_LIST)) | sed '/^  .*\.cpp/d'

programs: $(programs)
all: $(programs) $(short_tests) compile_commands.json ## build every program and test

data: $(idx) ## unpack MNIST into build/data and check it

train: $(B)/chapters/01_serial/train data ## the main job: train on MNIST, then show the loss curve
	@$< --data $(DATA) --log build/train.csv $(ARGS)
	@sh common/plot/loss.sh build/train.csv

test: $(short_tests) $(programs) data compile_commands.json ## every test, in about the time of a coffee
	@sh tests/run $(short_tests) -- sh tests/broken/run --check

test-long: $(tests) $(programs) data compile_commands.json ## every test, full accuracy runs and planted bugs, too
	@sh tests/run $(tests) -- sh tests/broken/run

bench: $(programs) data ## every benchmark, one after another
	@$(foreach b,$(filter %/bench,$(programs)),echo '--- $b' && $(call run,$b) &&) true

LOG ?= build/train.csv
plot: ## draw a loss curve: make plot LOG=build/train.csv
	@sh common/plot/loss.sh '$(LOG)'

TRACE ?= build/trace.json
timeline: ## draw a trace, one lane a rank: make timeline TRACE=build/trace.json
	@sh common/mpi_guard/timeline '$(TRACE)' > '$(basename $(TRACE)).svg' && echo '$(basename $(TRACE)).svg'

doctor: ## look at compilers, MPI, launcher, cores, GPU, and say what to do about each problem
	@CXX='$(CXX)' MPICXX='$(MPICXX)' MPIEXEC='$(MPIEXEC)' NVCC='$(NVCC)' MARCH='$(MARCH)' sh common/doctor.sh

clean: ## remove everything that was built
	rm -rf build compile_commands.json

# Verbs of a chapter, by its number. $(1) is its folder's name, $(2) the number.
## 01: build and run the training program of chapter 01; ARGS="--help" lists its options
## 01-NAME: build and run another program of chapter 01
## test-01: the tests of chapter 01
## bench-01: its benchmark
## diff-06: what chapter 06 changes in the training program of chapter 01
## readme-01: run the commands that a chapter's text shows, and paste their output
define chapter_verbs
.PHONY: $(2) test-$(2) bench-$(2) diff-$(2) readme-$(2)
$(2): $(filter %/$(1)/train,$(programs)) data
	@$$(if $$(filter %/train,$$^),$$(call run,$$<) --data $(DATA) --device $$(DEVICE) --log build/$(2).csv $$(ARGS),\
	  echo 'chapter $(2) has these programs:$(foreach p,$(filter $(B)/chapters/$(1)/%,$(programs)), make $(2)-$(notdir $(p)))')
test-$(2): $(filter $(B)/tests/$(2)_%,$(short_tests)) $(filter $(B)/chapters/$(1)/%,$(programs)) data
	@sh tests/run $(filter $(B)/tests/$(2)_%,$(short_tests))
bench-$(2): $(filter %/$(1)/bench,$(programs)) data
	@$$(if $$(filter %/bench,$$^),$$(call run,$$<) $$(ARGS),echo 'chapter $(2) has no benchmark')
diff-$(2):
	@diff -u chapters/01_serial/train.cpp chapters/$(1)/train.cpp || true
readme-$(2): $(programs) data
	@sh common/readme.sh chapters/$(1)/README.md
endef
$(foreach c,$(chapters),$(eval $(call chapter_verbs,$(c),$(firstword $(subst _, ,$(c))))))

define program_verb
.PHONY: $(2)-$(notdir $(1))
$(2)-$(notdir $(1)): $(1) data
	@$$(call run,$(1)) $$(ARGS)
endef
number = $(firstword $(subst _, ,$(notdir $(patsubst %/,%,$(dir $(1))))))
$(foreach p,$(programs),$(eval $(call program_verb,$(p),$(call number,$(p)))))

# How to start a program of a chapter: with the launcher if it is an MPI program.
run = $(if $(call is_mpi,$(patsubst $(B)/%,%,$(1))),sh common/mpi/launch $(RANKS)) $(1)

# For editors and language servers.
compile_commands.json: $(sources) Makefile
	@{ echo '['; for file in $(sources); do \
	  printf '%s{"directory": "%s", "file": "%s", "command": "%s %s -c %s"}' "$$comma" '$(CURDIR)' "$$file" \
	    '$(CXX)' '$(subst $(comma),\\$(comma),$(CPPFLAGS) $(CXXFLAGS))' "$$file"; comma=",$$(printf '\n ')"; \
	done; echo; echo ']'; } > $@
