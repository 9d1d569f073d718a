# `make help` lists what you can type. This is the only Makefile. A file's place decides what it is:
#
#   common/*.cpp               the library build/lib/common.a; likewise common/mpi and common/mpi_guard
#   chapters/NN_topic/*        with `int main`: a program, build/chapters/NN_topic/name; without: in build/lib/NN_topic.a.
#                              A program sees its own chapter's library, those of earlier chapters, and common.a.
#   tests/NN_topic_test.cpp    a GoogleTest program; with a line `// ranks: 1 2 4` it is an MPI program for these numbers
#                              of processes. *_long_test.cpp runs in `make test-long` only.

# --- Choices: make VARIABLE=value ------------------------------------------------------------------------------------
#   CXX, MPICXX, MPIEXEC, NVCC   compilers and launcher, found by common/setup.sh if not given; NVCC= for no CUDA Toolkit
#   CUDA=gpu|cpu                 build .cu files with nvcc for a GPU, or with cu2cpp and CXX for the CPU; default: gpu
#                                where there are nvcc and a GPU
#   GPUS=90                      the GPUs that nvcc builds for, by compute capability without the point: "80 90"; default: all since 2018
#   MARCH=native                 the processor to compile for. Programs built so may die with "illegal instruction" on
#                                a cluster's older nodes: MARCH=x86-64-v3 runs on every x86 server since about 2015.
#   SANITIZE=address,undefined   build with these sanitizers, in a folder of their own: make test-06 SANITIZE=address,undefined
#                                finds memory that is read behind its end, freed twice or never, and undefined arithmetic
#   RANKS=2 DEVICE=cpu ARGS=...  for `make 01` and its like: processes, device, further options of the program
#   DEVICE=auto|cpu|cuda         auto: a GPU where one is at hand; `make train` begins with it, and gives each GPU one rank
#   GUARD=0                      link MPI programs without common/mpi_guard
#   NO_INSTALL=1                 report missing tools, install nothing
#   V=1                          show every command
# Names that come from others (folders that were handed in) are data: what make would read in them stays as it is, and recipes
# find them in their environment. First of all, since newer makes expand them for every $(shell).
$(foreach v,SUBMISSION RESULTS CLASS ROSTER GRADEBOOK COLUMN,$(if $(filter undefined,$(origin $v)),,$(eval override $v := $$(value $v))$(eval export $v)))

MARCH ?= native
SANITIZE ?=
RANKS ?= 2
DEVICE ?= cpu
ARGS ?=
V ?=
NVCC ?= $(shell command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null)
toolkit := $(if $(NVCC),$(shell sh common/cuda_on_cpu/toolkit.sh '$(NVCC)'))

SHELL := /bin/sh
# The same in every environment: numbers with points, and `cd` goes where it says. Scripts that somebody starts by hand say so, too.
export LC_ALL := C
unexport CDPATH POSIXLY_CORRECT
# -n, -q and -t run nothing, not even the set-up.
only_look := $(strip $(foreach f,n q t,$(findstring $f,$(filter-out --%,$(firstword -$(MAKEFLAGS))))))
cores := $(shell sh common/cores)
MAKEFLAGS += --no-builtin-rules
# As many jobs as cores, unless somebody says how many: in the environment only the shell sees it here.
ifeq ($(MAKELEVEL)$(filter -j% j% --jobs%,$(MAKEFLAGS) $(shell echo "$$MAKEFLAGS")),0)
MAKEFLAGS += -j$(cores)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
comma := ,
space := $() $()
B := build$(if $(SANITIZE),/sanitize-$(subst $(comma),-,$(SANITIZE)))
O := $(B)
N := $(O)/nvcc
DATA := build/data
quiet := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# --- Set-up. Make runs the script first, reads what it found, and starts again if that changed. ------------------------

needs_no_setup := help help-all gpu-report gpu-report-core clean doctor plot timeline slides slides-% book ex exercises handout gradescope
ifneq ($(filter-out $(needs_no_setup) diff-% hint-% watch-%,$(or $(MAKECMDGOALS),help)),)
include $(if $(only_look),$(wildcard build/setup.mk),build/setup.mk)
endif
ifneq ($(only_look),)
MPICXX ?= mpicxx
else
build/setup.mk: FORCE
	@CXX='$(if $(filter-out default file,$(origin CXX)),$(CXX))' \
	MPICXX='$(if $(filter-out file undefined,$(origin MPICXX)),$(MPICXX))' \
	MPIEXEC='$(if $(filter-out file undefined,$(origin MPIEXEC)),$(MPIEXEC))' \
	CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' NO_INSTALL='$(NO_INSTALL)' sh common/setup.sh $@
endif
FORCE:

# --- What there is ---------------------------------------------------------------------------------------------------

chapters := $(notdir $(wildcard chapters/[0-9]*))
sources  := $(wildcard common/*.cpp common/*/*.cpp common/cuda_on_cpu/check/*.cpp chapters/*/*.cpp tests/*.cpp tests/mpi_guard/*.cpp)
cuda     := $(wildcard chapters/*/*.cu tests/*_test.cu)
mains    := $(shell grep -lE '^int main' $(wildcard common/*/*.cpp chapters/*/*.cpp chapters/*/*.cu) /dev/null)
programs := $(addprefix $(B)/,$(basename $(filter chapters/%,$(mains))))
tests    := $(addprefix $(B)/,$(basename $(wildcard tests/*_test.cpp tests/*_test.cu)))
# The little CUDA programs have bugs on purpose and a checker of their own, which no other sanitizer can be combined with. MPICH asks
# hwloc about the machine, and its part for PCI never gives its memory back. Open MPI's plugins are gone when leaks are told: only whole
# call stacks show whose they are. Tests put libraries in front of a program, so of a sanitizer, too.
ifneq ($(SANITIZE),)
tests := $(filter-out %/cuda_on_cpu_test,$(tests))
test test-long: export LEFT_OUT := cuda_on_cpu_test: skipped: with a sanitizer: the checker is one itself
export HWLOC_COMPONENTS ?= -pci
export LSAN_OPTIONS ?= suppressions="$(CURDIR)/tests/leaks_of_mpi":print_suppressions=0
export ASAN_OPTIONS ?= verify_asan_link_order=0$(if $(NO_SIMULATOR),:fast_unwind_on_malloc=0)
export UBSAN_OPTIONS ?= print_stacktrace=1
endif
tests    := $(if $(filter 0,$(GUARD)),$(filter-out $(B)/tests/mpi_guard%,$(tests)),$(tests))
# The simulator of chapter 13 knows the handles of MPICH's mpi.h only. With another MPI the chapter is left out, and that is said.
ifneq ($(NO_SIMULATOR),)
programs := $(filter-out $(B)/chapters/13_%,$(programs))
tests    := $(filter-out $(B)/tests/13_%,$(tests))
test test-long test-13 prove-13: export LEFT_OUT := chapter 13: skipped: its simulator needs MPICH$(if $(SANITIZE), | $(LEFT_OUT))
endif
long_tests  := $(filter %_long_test,$(tests))
short_tests := $(filter-out $(long_tests),$(tests))

# Chapters 01 to 03 are one process; what stands later, and the tests of it, are MPI programs. Those of chapter 13 are compiled
# like these, and linked without MPI: they bring a simulated one.
mpi_places := common/mpi/% common/mpi_guard/% $(foreach n,04 05 06 07 08 09 10 11 12 14,chapters/$(n)_% tests/$(n)_% tests/exercises/$(n)_%) tests/mpi_%
is_mpi = $(filter $(mpi_places),$(1))
simulated_places := chapters/13_% tests/13_% tests/exercises/13_%
sees_mpi = $(filter $(mpi_places) $(simulated_places),$(1))

# --- Compiling -------------------------------------------------------------------------------------------------------

# -ffp-contract=off: the compiler must not fuse a multiplication and an addition in one place and not in another, or the
# vector part and the tail of one loop would differ in bits. The matrix products want the fusion: every element there
# goes through the same kernel.
CXXFLAGS ?= $(if $(SANITIZE),-O1 -g1,-O3 -g1)
override CXXFLAGS += -std=c++20 -ffp-contract=off -Wall -Wextra $(if $(MARCH),-march=$(MARCH))
# An index beyond the end of a vector or a span ends the program. (Kernels use pointers: the speed is the same.)
override CXXFLAGS += -D_GLIBCXX_ASSERTIONS
override CXXFLAGS += $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# What g++ defines itself there; sources ask for it.
override CXXFLAGS += $(if $(findstring clang,$(CXX)),$(foreach s,address thread,$(if $(findstring $s,$(SANITIZE)),-D__SANITIZE_$(if $(filter thread,$s),THREAD,ADDRESS)__)))
# g++ 12 warns of overlapping copies inside its own std::string, falsely (GCC bug 105651), and with a sanitizer of values that its own
# std::regex has not set (105562).
override CXXFLAGS += $(if $(findstring clang,$(CXX)),,-Wno-restrict$(if $(SANITIZE), -Wno-maybe-uninitialized))
# MPI's C++ interface ended with MPI-3; mpi.h need not read it.
override CXXFLAGS += -DMPICH_SKIP_MPICXX -DOMPI_SKIP_MPICXX
override CPPFLAGS += -I.
# In these a product and a sum become one instruction; g++ does that from -O2 on, and sanitizers come with -O1.
fused := chapters/01_serial/matmul% chapters/01_serial/core_peak% chapters/11_fewer_bits/bf16_product%

# The MPI compiler wrappers call the compiler that we chose.
export MPIEXEC B
export MPICH_CXX := $(CXX)
export OMPI_CXX := $(CXX)
compiler = $(if $(call sees_mpi,$(1)),$(MPICXX),$(CXX))
linker = $(if $(call is_mpi,$(1)),$(MPICXX),$(CXX))

# .cu files: with nvcc for a GPU, or translated and compiled for the CPU, where common/cuda_on_cpu/include stands in for
# the Toolkit's headers. Rules below. Objects of .cpp files, in O, are the same for both.
gpus := $(if $(toolkit),$(subst $(comma),$(space),$(or $(GPUS),$(firstword $(toolkit)))))
gpus_here := $(wildcard /dev/nvidia[0-9]* /dev/dxg)
ifneq ($(origin CUDA),command line)
CUDA := $(or $(filter gpu cpu,$(CUDA)),$(if $(and $(gpus),$(gpus_here)),$(if $(SANITIZE),cpu,gpu),cpu))
endif
$(if $(filter gpu cpu,$(CUDA)),,$(error CUDA=$(CUDA): must be gpu or cpu))
$(if $(filter gpu,$(CUDA)),$(if $(gpus),,$(error CUDA=gpu needs nvcc: make NVCC=/path/to/nvcc)))
export CUDA
device = $(if $(filter auto,$(DEVICE)),$(if $(filter gpu,$(CUDA)),cuda,cpu),$(DEVICE))
cu   := $(if $(filter gpu,$(CUDA)),$(N),$(B)/cuda_on_cpu)
twin_include := -Icommon/cuda_on_cpu/include
cuda_library := $(if $(filter gpu,$(CUDA)),,$(B)/lib/cuda_on_cpu.a)
cudart := $(if $(filter gpu,$(CUDA)),$(wordlist 2,99,$(toolkit)) -lcudart_static -lrt)

# Objects depend on the flags that they were made with, those that see mpi.h on the MPI, archives on which objects of .cu files they
# hold.
$(O)/flags: now := $(CXX) $(CPPFLAGS) $(CXXFLAGS)
$(O)/mpi: now := $(MPICXX)
$(N)/flags: now = $(NVCC) $(nvcc_flags)
$(B)/cuda: now = $(cu)
$(O)/flags $(O)/mpi $(N)/flags $(B)/cuda: FORCE
	@mkdir -p $(@D); echo '$(now)' | cmp -s - $@ || echo '$(now)' > $@

$(O)/%.o: %.cpp $(O)/flags
	$(call say,compile,$<)
	@mkdir -p $(@D)
	$(quiet)$(call compiler,$<) $(begin_with) $(CPPFLAGS) $(CXXFLAGS) $(if $(filter $(fused),$<),-ffp-contract=fast $(patsubst -O1,-O2,$(filter -O1,$(CXXFLAGS)))) -MMD -MP -c $< -o $@

# One file is for processors with an instruction for bf16, whatever the others are for; it is called only where there is one.
$(O)/chapters/11_fewer_bits/bf16_instruction.o: override CXXFLAGS += $(if $(filter x86_64%,$(shell $(CXX) -dumpmachine)),-mavx512f -mavx512bf16)

# Tests need not be fast: -Og compiles in five sixths of the time that -O1 takes.
tested = $(patsubst -O%,-Og,$(CXXFLAGS))
$(O)/tests/%.o: override CXXFLAGS := $(tested)

# A header that is most of the compilation of many files is compiled once for all of them. What begins with which one is
# asked of the file, since variables of a target would be those of its prerequisites, too.
gtests := $(wildcard tests/*.cpp)
judgings := $(wildcard tests/exercises/*/*_judge.cpp)
little_mains := $(wildcard tests/exercises/*/*_main.cpp tests/mpi_guard/*.cpp)
plain := $(filter-out $(fused) chapters/11_fewer_bits/bf16_instruction% tests/%,$(sources))
# The standard library's: not for clang++, and not with STANDARD= , which finds files that do not include what they use. Behind it
# g++ 12 warns of its own std::string in two more ways.
STANDARD := $(if $(findstring clang,$(CXX)),,-Wno-stringop-overflow -Wno-array-bounds)
precompiled_for = $(if $(filter $(gtests),$<),assertions)$(if $(filter $(judgings),$<),judge)$(if $(STANDARD),$(if $(filter $(plain),$<),standard)$(if $(filter $(little_mains),$<),little))
begin_with = $(foreach h,$(precompiled_for),-include $(O)/precompiled/$(h).h $(if $(filter standard little,$(h)),$(STANDARD)))
# $(call precompiled,name,header,options,objects)
define precompiled
$(O)/precompiled/$(1).h: ; @mkdir -p $$(@D); echo '#include <$(2)>' > $$@
$(O)/precompiled/$(1).h.gch: $(O)/precompiled/$(1).h $(O)/flags
	$$(call say,compile,$(2))
	$$(quiet)$$(CXX) $$(CPPFLAGS) $(3) -MD -MP -MF $(O)/precompiled/$(1).d -x c++-header $$< -o $$@
$(4): $(O)/precompiled/$(1).h.gch
$(4) $(O)/precompiled/$(1).h.gch: $(wildcard $(2))
-include $(wildcard $(O)/precompiled/$(1).d)
endef
$(eval $(call precompiled,assertions,tests/assertions.h,$(tested),$(gtests:%.cpp=$(O)/%.o)))
$(eval $(call precompiled,judge,tests/exercises/judge.h,$(tested),$(judgings:%.cpp=$(O)/%.o)))
ifneq ($(STANDARD),)
$(eval $(call precompiled,standard,common/standard.h,$(CXXFLAGS),$(plain:%.cpp=$(O)/%.o)))
$(eval $(call precompiled,little,common/standard.h,$(tested),$(little_mains:%.cpp=$(O)/%.o)))
endif

define make_archive
$(call say,archive,$@)
@mkdir -p $(@D)
@rm -f $@
$(quiet)ar rcs $@ $(filter %.o,$^)
endef
# The object of a source without its extension; those of a folder, without its programs.
object  = $(if $(wildcard $(1).cu),$(cu)/$(1).o,$(O)/$(1).o)
objects = $(foreach f,$(basename $(filter-out $(mains),$(wildcard $(1)/*.cpp $(1)/*.cu))),$(call object,$(f)))
$(foreach f,$(basename $(sources) $(cuda) $(wildcard tests/exercises/*/*.cpp)),$(if $(call sees_mpi,$(f)),$(call object,$(f)))): $(O)/mpi

$(B)/lib/common.a: $(call objects,common)
	$(make_archive)
$(B)/lib/mpi.a: $(call objects,common/mpi)
	$(make_archive)
$(B)/lib/mpi_guard.a: $(call objects,common/mpi_guard)
	$(make_archive)

# Libraries that chapter $(1) stands on, in link order: its own, earlier ones, common ones. Nobody else sees the simulated MPI of 13.
earlier = $(foreach c,$(chapters),$(if $(filter $(1),$(c)),$(c),$(if $(filter $(1),$(lastword $(sort $(c) $(1)))),$(c))))
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
mpi_libraries = $(if $(call is_mpi,$(1)),$(B)/lib/mpi.a $(if $(filter 0,$(GUARD)),,$(B)/lib/mpi_guard.a))
libraries = $(patsubst %,$(B)/lib/%.a,$(call reverse,$(filter-out $(filter-out $(1),$(filter 13_%,$(chapters))),$(call earlier,$(1)))))
LDLIBS += -lpthread -ldl

# $(call link,objects and libraries,libraries of the system)
define link
$(call say,link,$@)
@mkdir -p $(@D)
$(quiet)$(call linker,$(patsubst whole/%,%,$(patsubst check/%,%,$(patsubst $(B)/%,%,$@)))) $(CXXFLAGS) $(LDFLAGS) $(1) -o $@ $(2) $(cudart) $(LDLIBS)
endef

# `make train` in a bare clone waits for no source that the main job does not stand on: it has archives of its own, of fewer objects.
main_job  := $(filter chapters/12_restart/train chapters/12_restart/predict,$(patsubst $(B)/%,%,$(programs)))
stands_on := $(if $(main_job),$(shell awk -v programs='$(main_job:=.cpp)' -f chapters/12_restart/stands_on.awk $(foreach e,h cuh cpp cu,$(wildcard chapters/*/*.$e))))

# A chapter: its library, then its programs.
define chapter_rules
$(B)/lib/$(1).a: $(call objects,chapters/$(1)) $(if $(wildcard chapters/$(1)/*.cu),$(B)/cuda)
	$$(make_archive)
$(B)/lib/main_job/$(1).a: $(foreach f,$(sort $(basename $(filter chapters/$(1)/%,$(stands_on)))),$(call object,$(f))) $(if $(wildcard chapters/$(1)/*.cu),$(B)/cuda)
	$$(make_archive)
endef
$(foreach c,$(chapters),$(eval $(call chapter_rules,$(c))))
define program_rules
$(B)/$(1): $(call object,$(1)) $(patsubst $(B)/lib/%,$(B)/lib/$(if $(filter $(main_job),$(1)),main_job/)%,$(call libraries,$(2))) $(call mpi_libraries,$(1)) $(B)/lib/common.a $(cuda_library)
	$$(call link,$$^)
endef
$(foreach p,$(patsubst $(B)/%,%,$(programs)),$(eval $(call program_rules,$(p),$(notdir $(patsubst %/,%,$(dir $(p)))))))

# `make test` asserts that with whole libraries the main job has the same functions and data, of the same sizes; their places may differ.
symbols = nm -S $(1) | sed 's/^[^ ]* //' | sort
define whole_rules
$(B)/whole/$(1): $(call object,$(1)) $(call libraries,12_restart) $(call mpi_libraries,$(1)) $(B)/lib/common.a $(cuda_library) | $(B)/$(1)
	$$(call link,$$^)
	@$(call symbols,$$@) >$$@.symbols; $(call symbols,$(B)/$(1)) | diff $$@.symbols - || { rm $$@; echo '$(1) lacks something, or has it from another chapter: see chapters/12_restart/stands_on.awk'; exit 1; }
endef
$(foreach p,$(main_job),$(eval $(call whole_rules,$(p))))

# A test stands on the chapters up to its number, or on common ones alone.
define test_rules
$(1): $(call object,$(2)) $(if $(call is_mpi,$(2)),$(O)/tests/mpi_main.o) $(call libraries,$(call chapter_of,$(notdir $(1)))) $(call mpi_libraries,$(2)) $(B)/lib/common.a $(cuda_library)
	$$(call link,$$^,-lgtest $(if $(call is_mpi,$(2)),,-lgtest_main))
endef
chapter_of = $(firstword $(foreach c,$(chapters),$(if $(filter $(c)_%,$(1)),$(c))))
$(foreach t,$(tests),$(eval $(call test_rules,$(t),$(patsubst $(B)/%,%,$(t)))))

# The small programs that the watchdog must explain; one test runs them all.
planted := $(patsubst %.cpp,$(B)/%,$(wildcard tests/mpi_guard/*.cpp))
$(planted): %: %.o $(B)/lib/mpi.a $(B)/lib/mpi_guard.a
	$(call link,$^)
$(B)/tests/common_mpi_guard_test $(B)/tests/common_failing_ranks_test: | $(planted) $(B)/tests/mpi_session_test

-include $(patsubst %.cpp,$(O)/%.d,$(sources))

# --- CUDA on the CPU: what has to be known by the rules above is under Compiling --------------------------------------

# cu2cpp turns a .cu file into C++ with the same line numbers, .cuh files into a mirrored tree. See common/cuda_on_cpu/.
$(B)/cu2cpp: $(B)/common/cuda_on_cpu/cu2cpp.o
	$(call link,$^)
$(O)/common/cuda_on_cpu/%.o $(O)/tests/exercises/%.o: override CPPFLAGS += $(twin_include)
$(B)/lib/cuda_on_cpu.a: $(call objects,common/cuda_on_cpu)
	$(make_archive)
$(B)/lib/cuda_check.a: $(call objects,common/cuda_on_cpu/check)
	$(make_archive)

translated := $(addprefix $(B)/cuda_on_cpu/src/,$(wildcard chapters/*/*.cuh common/*.cuh tests/*.cuh))
# Kept though only a chain of rules makes it. (With a .SECONDARY of everything, a file that is missing would stay missing.)
.SECONDARY: $(translated) $(patsubst %.cu,$(B)/cuda_on_cpu/src/%.cpp,$(cuda) $(wildcard tests/cuda_on_cpu/*/*.cu))
$(B)/cuda_on_cpu/src/%.cuh: %.cuh $(B)/cu2cpp
	@mkdir -p $(@D)
	@$(B)/cu2cpp $< -o $@
$(B)/cuda_on_cpu/src/%.cpp: %.cu $(B)/cu2cpp
	@mkdir -p $(@D)
	@$(B)/cu2cpp $< -o $@

# g++ 12 unrolls small loops completely before it vectorises, and then does not vectorise: hence peel-times. A loop that
# CUDA programmers want unrolled says `#pragma unroll`, which g++ does not know.
twin_flags = -Wno-unknown-pragmas $(if $(findstring clang,$(CXX)),-Wno-pass-failed,--param max-completely-peel-times=7)
# The checker wants to see memcpy, too: large structs are copied by it. clang would leave out a read that a write follows.
check_flags = -Wno-unknown-pragmas -O1 -gdwarf-4 $(if $(findstring clang,$(CXX)),-mllvm -tsan-instrument-read-before-write=1) -fsanitize=thread$(comma)alignment$(comma)bounds
define compile_twin
$(call say,$(2),$*.cu)
@mkdir -p $(@D)
$(quiet)$(call compiler,$*.cu) -include $(O)/precompiled/$(3).h -I$(B)/cuda_on_cpu/src $(twin_include) $(CPPFLAGS) $(CXXFLAGS) $(1) -MMD -MP -c $< -o $@
endef
twins := $(wildcard chapters/*/*.cu tests/*.cu tests/cuda_on_cpu/*/*.cu)
$(eval $(call precompiled,twin,cuda_runtime.h,$(twin_include) $(CXXFLAGS) $(twin_flags),$(twins:%.cu=$(B)/cuda_on_cpu/%.o)))
$(eval $(call precompiled,check,cuda_runtime.h,$(twin_include) $(CXXFLAGS) $(check_flags),$(twins:%.cu=$(B)/check/%.o)))
$(B)/cuda_on_cpu/%.o: $(B)/cuda_on_cpu/src/%.cpp $(O)/flags | $(translated)
	$(call compile_twin,$(twin_flags),cu2cpp,twin)
$(B)/check/%.o: $(B)/cuda_on_cpu/src/%.cpp $(O)/flags | $(translated)
	$(call compile_twin,$(check_flags),check,check)
	$(quiet)objcopy $(foreach f,memcpy memmove memset,--redefine-sym $f=__tsan_$f) $@

# With nvcc: machine code for the GPUs of 2018 to 2025 that it knows, and PTX, which the driver translates for others.
nvcc_flags = $(foreach a,$(gpus),-gencode arch=compute_$a$(comma)code=sm_$a) \
  $(foreach a,$(sort $(filter 80,$(gpus)) $(lastword $(gpus))),-gencode arch=compute_$a$(comma)code=compute_$a) \
  $(CPPFLAGS) -std=c++20 -O3 -Xcompiler -Wall$(comma)-Wextra $(strict)
$(N)/%.o: %.cu $(N)/flags
	$(call say,nvcc,$<)
	@mkdir -p $(@D)
	$(quiet)$(NVCC) -ccbin $(call compiler,$<) $(nvcc_flags) --resource-usage -MMD -MP -c $< -o $@ 2>$(@:.o=.usage); \
	status=$$?; grep -vE '^ptxas info|bytes stack frame' $(@:.o=.usage) >&2; exit $$status

# With nvcc but no GPU, the tests run on the CPU, and nvcc builds the same programs and tests, too: so they stay CUDA.
on_cuda := $(foreach c,$(sort $(notdir $(patsubst %/,%,$(dir $(filter chapters/%,$(cuda)))))),$(filter $(B)/chapters/$(c)/% $(B)/tests/$(c)_%,$(programs) $(tests)))
# `make test` does that for one GPU, in half the time; machine code for another differs where a source asks for which one it is. The plus
# gives this make's jobs to the one that it starts.
.PHONY: gpu-build gpu-build-for-one
##@ All of it
gpu-build: $(if $(gpus),$(on_cuda)) ## build what stands on .cu files with nvcc in build/gpu, for every GPU since 2018, even where there is none
	+@$(if $(gpus),$(call build_with_nvcc,build/gpu),echo 'no nvcc found: make NVCC=/path/to/nvcc gpu-build'; exit 1)
gpu-build-for-one: $(on_cuda)
	+@$(call build_with_nvcc,build/gpu/$(one_gpu)) GPUS=$(one_gpu) N=$(O)/nvcc/$(one_gpu)
build_with_nvcc = $(MAKE) --no-print-directory CUDA=gpu O=$(O) strict='-Werror all-warnings' B=$(1) $(patsubst $(B)/%,$(1)/%,$(on_cuda))
one_gpu := $(or $(filter 80,$(gpus)),$(lastword $(gpus)))
# Where a GPU is at hand for some minutes: the script builds and calls what it needs.
.PHONY: gpu-report gpu-report-core
gpu-report: ## all that a GPU can tell in ten minutes, written to chapters/03_fast_kernels/results; CUDA=cpu rehearses it
	@MAKE='$(MAKE)' REHEARSE='$(if $(filter command,$(origin CUDA)),$(filter cpu,$(CUDA)))' sh chapters/03_fast_kernels/gpu_report.sh
gpu-report-core: $(filter %/03_fast_kernels/check_kernels %/03_fast_kernels/bench,$(programs))
cuda_says := $(if $(filter gpu,$(CUDA)),CUDA: built by nvcc; kernels run on the GPU,$(if $(gpus),CUDA: no GPU; kernels run on the CPU$(comma) and nvcc builds them for sm_$(one_gpu),CUDA: no toolkit; kernels run on the CPU))

# `make check`: tests of chapters that have .cu files, linked with .cu files that tell the checker of every access. Chapter 05 has one,
# and one test of it.
checked_chapters := $(sort $(patsubst chapters/%/,%,$(dir $(filter chapters/%,$(cuda)))))
checked_programs := $(filter $(foreach c,$(checked_chapters),$(B)/chapters/$(c)/%),$(programs))
check_tests := $(foreach t,$(patsubst $(B)/%,%,$(filter-out %_live_test $(filter-out %_peer_test,$(filter $(B)/tests/05_%,$(short_tests))),$(short_tests))),$(if $(filter $(addprefix tests/,$(addsuffix _%,$(checked_chapters))) $(basename $(wildcard tests/cuda_*_test.cu)),$(t)),$(B)/check/$(t)))
check_objects = $(patsubst %.cu,$(B)/check/%.o,$(filter-out $(mains),$(wildcard $(foreach c,$(call earlier,$(1)),chapters/$(c)/*.cu))))
define check_rules
$(B)/check/$(1): $(if $(wildcard $(1).cu),$(B)/check/$(1).o,$(O)/$(1).o) $(if $(call is_mpi,$(1)),$(O)/tests/mpi_main.o) $(call check_objects,$(2)) $(call libraries,$(2)) $(call mpi_libraries,$(1)) $(B)/lib/common.a $(B)/lib/cuda_check.a $(B)/lib/cuda_on_cpu.a
	$$(call link,$$^,-lgtest $(if $(call is_mpi,$(1)),,-lgtest_main))
endef
$(foreach t,$(patsubst $(B)/check/%,%,$(check_tests)),$(eval $(call check_rules,$(t),$(call chapter_of,$(notdir $(t))))))

# The little programs that tests/cuda_on_cpu_test.cpp runs: plain, for the checker, and those that must not compile.
little_checked := $(patsubst tests/cuda_on_cpu/%.cu,%,$(wildcard tests/cuda_on_cpu/bugs/*.cu tests/cuda_on_cpu/correct/*.cu tests/cuda_on_cpu/textbook/*.cu))
little_plain   := $(filter-out $(patsubst tests/cuda_on_cpu/%.cu,%,$(shell grep -ls '^// build: check' tests/cuda_on_cpu/*/*.cu)),$(little_checked))
little := $(addprefix $(B)/tests/cuda_on_cpu/plain/,$(little_plain)) $(addprefix $(B)/tests/cuda_on_cpu/check/,$(little_checked)) \
  $(patsubst %.cu,$(B)/%.txt,$(wildcard tests/cuda_on_cpu/refused/*.cu))
$(B)/tests/cuda_on_cpu/plain/%: $(B)/cuda_on_cpu/tests/cuda_on_cpu/%.o $(B)/lib/cuda_on_cpu.a
	$(call link,$^)
$(B)/tests/cuda_on_cpu/check/%: $(B)/check/tests/cuda_on_cpu/%.o $(B)/lib/cuda_check.a $(B)/lib/cuda_on_cpu.a
	$(call link,$^)
$(B)/tests/cuda_on_cpu/refused/%.txt: tests/cuda_on_cpu/refused/%.cu $(B)/cu2cpp $(wildcard common/cuda_on_cpu/include/*.h common/cuda_on_cpu/include/*/*.h)
	@mkdir -p $(@D)
	@! { $(B)/cu2cpp $< -o $(@:.txt=.cpp) && $(CXX) $(twin_include) $(CPPFLAGS) $(CXXFLAGS) -fsyntax-only $(@:.txt=.cpp); } > $@ 2>&1 || { echo '$< compiles, and should not'; exit 1; }
$(B)/tests/cuda_on_cpu_test: | $(little)

# Those that run right are CUDA: `make test-long` asks nvcc, for one GPU.
little_on_cuda := $(if $(gpus),$(patsubst %.cu,$(O)/accepted/%.o,$(wildcard tests/cuda_on_cpu/correct/*.cu tests/cuda_on_cpu/textbook/*.cu)))
$(O)/accepted/%.o: %.cu tests/cuda_on_cpu/require.h $(N)/flags
	$(call say,nvcc,$<)
	@mkdir -p $(@D)
	$(quiet)$(NVCC) -ccbin $(CXX) -arch=sm_$(one_gpu) $(CPPFLAGS) -std=c++20 -c $< -o $@

-include $(foreach f,$(basename $(cuda) $(wildcard tests/cuda_on_cpu/*/*.cu)),$(cu)/$(f).d $(B)/check/$(f).d)

# --- The data set ----------------------------------------------------------------------------------------------------

idx := $(patsubst common/data/mnist/%.gz,$(DATA)/%,$(wildcard common/data/mnist/*.gz))
$(DATA)/%: common/data/mnist/%.gz common/data/mnist/SHA256SUMS
	@mkdir -p $(@D)
	@sh common/data/unpack.sh $< $@

# --- Verbs -----------------------------------------------------------------------------------------------------------

.DEFAULT_GOAL := help
.PHONY: help help-all all programs train test check traffic test-long mutants bench plot timeline doctor clean data FORCE

# The lines `## verb: text` and `verb: ## text` are the help, `##* ` those of every day, `##@ ` the heading of a group.
help_lines = LC_ALL=C awk -v every='$(1)' ' \
  /^\#\#@ / { group = substr($$0, 5); next } \
  /^\#\#\*? [^:]*: / { text = $$0; sub(/^\#\#\*? /, "", text); verb = text; sub(/: .*/, "", verb); sub(/^[^:]*: /, "", text); tell(); next } \
  /^[a-z-]*:.* \#\#\*? / { verb = $$0; sub(/:.*/, "", verb); text = $$0; sub(/.* \#\#\*? /, "", text); tell() } \
  function tell() { if (every == "" && $$0 !~ /\#\#\* /) return; \
    if (every != "" && group != told) { printf "\n%s\n", group; told = group } printf "  %-14s %s\n", verb, text }' $(firstword $(MAKEFILE_LIST))

help: ## the verbs of a day
	@echo 'usage: make VERB [VARIABLE=value ...]'; echo
	@$(call help_lines)
	@echo '  help-all       everything else, and the variables'
	@echo; echo 'RANKS=4 DEVICE=cuda ARGS="--help" go with the programs of a chapter: make 06 RANKS=4 ARGS="--overlap"'

help-all: ## everything that you can type, and the variables
	@echo 'usage: make VERB [VARIABLE=value ...]'
	@$(call help_lines,all)
	@echo; echo 'Variables'
	@sed -n 's/^#   \([A-Z].*\)/  \1/p; s/^#    \( *[a-z].*\)/   \1/p' $(firstword $(MAKEFILE_LIST)) | sed '/^  .*\.cpp/d'

programs: $(programs)
all: $(programs) $(short_tests) compile_commands.json ## build every program and test

data: $(idx) ## unpack MNIST into build/data and check it

##@ All of it
# On a GPU where one is at hand, one rank for each; else on all cores. DEVICE and RANKS say otherwise.
train_device := $(if $(filter-out file,$(origin DEVICE)),$(DEVICE),auto)
train_on_gpu := $(and $(filter gpu,$(CUDA)),$(filter auto cuda,$(train_device)))
train_says = $(if $(train_on_gpu),on the GPU; DEVICE=cpu takes the cores,$(if $(filter cuda,$(device)),with the kernels of CUDA on the cores: $(no_gpu),on the cores$(if $(filter auto,$(train_device)),: $(no_gpu))))
no_gpu = $(if $(gpus_here),$(if $(gpus),the build is for the CPU,there is a GPU and no nvcc),there is no GPU)
train: DEVICE := $(train_device)
train: RANKS := $(if $(filter-out file,$(origin RANKS)),$(RANKS),$(if $(train_on_gpu),$(or $(filter-out 0,$(words $(gpus_here))),1),$(cores)))
train: $(B)/chapters/12_restart/train $(B)/chapters/12_restart/predict data ##* the main job: train on MNIST, on a GPU or else with all cores, then show the loss curve
	@echo 'ranks: $(RANKS), $(train_says)'
	@sh common/mpi/launch $(RANKS) $< --data $(DATA) --device $(device) --log build/train.csv --checkpoint build/checkpoint $(if $(findstring --resume,$(ARGS)),,--start-over) $(ARGS)
	@log=$$(echo '' $(ARGS) | sed -n 's/.* --log[ =]\([^ ]*\).*/\1/p'); sh chapters/01_serial/plot/loss.sh "$${log:-build/train.csv}"

test: $(short_tests) $(programs) $(main_job:%=$(B)/whole/%) $(if $(filter cpu,$(CUDA)),$(if $(SANITIZE),,$(if $(gpus),gpu-build-for-one))) data compile_commands.json ##* every test, in about the time of a coffee
	@echo '$(cuda_says)'
	@sh tests/run $(short_tests) -- tests/consistency tests/slides tests/environments tests/exercises/prove

check: $(check_tests) $(checked_programs) $(B)/tests/cuda_on_cpu_test data ## the CUDA kernels under the checker: races, bounds, missing barriers
	@set -e; for order in $(if $(check_tests),ascending descending shuffled); do \
	  echo "thread order: $$order"; CUDA_ON_CPU_ORDER=$$order sh tests/run $(check_tests); done
	@sh tests/run $(B)/tests/cuda_on_cpu_test

PRODUCT ?= plain
traffic: $(B)/check/tests/03_fast_kernels_traffic_test ## wavefronts and sectors of chapter 03's kernels, by line, counted without a GPU; PRODUCT=left or right: xT dy, dy wT
	@CUDA_ON_CPU_TRAFFIC=$(B)/traffic.csv $< --gtest_also_run_disabled_tests --gtest_filter='Steps.DISABLED_$(PRODUCT)' >/dev/null
	@awk -F '",|,' '{ sub(/^"/, "", $$1); sub(/^chapters\//, "", $$2); printf "%-28s %-44s %-13s %9s %-10s %9s\n", $$1, $$2, $$3, $$6, $$4, $$7 }' $(B)/traffic.csv

test-long: $(tests) $(programs) $(little_on_cuda) $(if $(filter cpu,$(CUDA)),$(if $(SANITIZE),,$(if $(gpus),gpu-build))) data compile_commands.json ## every test, full accuracy runs and planted bugs, too
	@LONG=yes sh tests/run $(tests) -- $(wildcard tests/environments tests/cluster tests/machines tests/fuzz/run tests/broken/run tests/mutants/sample tests/slides_in_browser tests/live_in_browser tests/live_in_firefox tests/exercises/prove tests/exercises/wrong tests/exercises/hostile/run tests/exercises/class/try tests/exercises/gradescope/try)

mutants: all data ## how many mechanical bugs do the tests notice? make mutants NN="05 mpi_guard" ARGS="--count 40"
	@sh tests/mutants/run $(ARGS) $(NN)

bench: $(programs) data ## every benchmark, one after another
	@$(foreach b,$(filter %/bench,$(programs)),echo '--- $b' && $(call run,$b) &&) true

LOG ?= build/train.csv
plot: ## draw a loss curve: make plot LOG=build/train.csv
	@sh chapters/01_serial/plot/loss.sh '$(LOG)'

TRACE ?= build/trace.json
timeline: ##* draw a trace, one lane a rank: make timeline TRACE=build/trace.json
	@sh common/mpi_guard/timeline '$(TRACE)' > '$(basename $(TRACE)).svg' && echo '$(basename $(TRACE)).svg'

doctor: ##* look at compilers, MPI, launcher, cores, GPU, and say what to do about each problem
	@CXX='$(CXX)' MPICXX='$(MPICXX)' MPIEXEC='$(MPIEXEC)' NVCC='$(NVCC)' MARCH='$(MARCH)' sh common/doctor.sh

clean: ## remove everything that was built
	rm -rf build compile_commands.json

# Verbs of a chapter, by its number. $(1) is its folder's name, $(2) the number, $(3) the chapter whose program it changes.
##@ A chapter, by its number
##* 06: build and run the training program of chapter 06; ARGS="--help" lists its options
## 06-NAME: build and run another program of chapter 06: make 04-first
##* test-06: the tests of chapter 06
##* bench-06: its benchmark
##* diff-06: what chapter 06 changes in the training program of chapter 01 (11: of chapter 06; 12, 13: of chapter 10)
## readme-06: run the commands that a chapter's text shows, and paste their output
define chapter_verbs
.PHONY: $(2) test-$(2) bench-$(2) diff-$(2) readme-$(2)
$(2): $(filter %/$(1)/train,$(programs)) data
	@$$(if $$(filter %/train,$$^),$$(call run,$$<) --data $(DATA) --device $$(device) --log build/$(2).csv $$(ARGS),\
	  echo 'chapter $(2) has these programs:$(foreach p,$(filter $(B)/chapters/$(1)/%,$(programs)), make $(2)-$(notdir $(p)))')
test-$(2): $(filter $(B)/tests/$(2)_%,$(short_tests)) $(filter $(B)/chapters/$(1)/% %/01_serial/train,$(programs)) data
	@sh tests/run $(filter $(B)/tests/$(2)_%,$(short_tests))
bench-$(2): $(filter %/$(1)/bench,$(programs)) data
	@$$(if $$(filter %/bench,$$^),$$(call run,$$<) $$(ARGS),echo 'chapter $(2) has no benchmark')
diff-$(2):
	@diff -u --label chapters/$(3)/train.cpp --label chapters/$(1)/train.cpp chapters/$(3)/train.cpp chapters/$(1)/train.cpp || true
readme-$(2): $(programs) data
	@sh common/readme.sh $(wildcard chapters/$(1)/results/runs.md) chapters/$(1)/README.md
endef
$(foreach c,$(chapters),$(eval $(call chapter_verbs,$(c),$(firstword $(subst _, ,$(c))),$(if $(filter 12_% 13_%,$(c)),10_hybrid,$(if $(filter 11_%,$(c)),06_data_parallel,01_serial)))))
bench-13 test-13: $(filter %/10_hybrid/bench %/01_serial/train,$(programs))  # which they start

## 13-referee: chapter 13's steps in another simulator, SimGrid's SMPI, beside those of results/referee.csv; needs smpicxx (Debian: libsimgrid-dev)
## 13-large: chapter 13's strong and weak scaling to 4,096 simulated ranks, into build/13_scaling; some minutes
## 13-hosts-measured: chapter 13's messages between virtual hosts, beside what was foreseen, into its results/hosts.csv; root, a quiet machine, two minutes
.PHONY: 13-referee 13-large 13-hosts-measured
13-hosts-measured: $(addprefix $(B)/lib/,05_collectives.a mpi.a $(if $(filter 0,$(GUARD)),,mpi_guard.a) common.a)
	@B=$(B) MPICXX='$(MPICXX)' sh chapters/13_scaling/referee/virtual_hosts || [ $$? = 77 ]
13-large: $(filter %/13_scaling/scaling,$(programs))
	@B=$(B) sh chapters/13_scaling/large.sh
13-referee: $(filter %/13_scaling/platform,$(programs))
	@B=$(B) sh chapters/13_scaling/referee/run || [ $$? = 77 ]

## bench-peers: the training step beside NumPy, PyTorch and JAX, those that are installed for python3; ARGS="--help" lists its options
.PHONY: bench-peers
bench-peers: $(filter %/01_serial/train %/01_serial/bench %/11_fewer_bits/train %/12_restart/train,$(programs)) data
	@command -v python3 >/dev/null || { echo 'the peers are Python libraries; without python3, make bench-01 compares with OpenBLAS'; exit 1; }
	@python3 chapters/01_serial/peers.py --data $(DATA) --build $(B) $(ARGS)

define program_verb
.PHONY: $(2)-$(notdir $(1))
$(2)-$(notdir $(1)): $(1) data
	@$$(call run,$(1)) $$(ARGS)
endef
number = $(firstword $(subst _, ,$(notdir $(patsubst %/,%,$(dir $(1))))))
$(foreach p,$(programs),$(eval $(call program_verb,$(p),$(call number,$(p)))))

# How to start a program of a chapter: with the launcher if it is an MPI program.
run = $(if $(call is_mpi,$(patsubst $(B)/%,%,$(1))),sh common/mpi/launch $(RANKS)) $(1)

# --- Slides and book: optional, both need pandoc ----------------------------------------------------------------------

##@ Lectures and book (they need pandoc)

.PHONY: slides slides-pdf book pandoc
pandoc:
	@command -v pandoc >/dev/null || { echo 'slides and book need pandoc, an optional extra: apt-get, dnf or brew install pandoc'; exit 1; }

decks := $(wildcard slides/[0-9]*.md)
define deck_verb
.PHONY: slides-$(1)
slides-$(1): pandoc
	@sh slides/theme/build.sh $(2)
endef
$(foreach d,$(decks),$(eval $(call deck_verb,$(firstword $(subst _, ,$(notdir $(d)))),$(d))))
deck_verbs := $(foreach d,$(decks),slides-$(firstword $(subst _, ,$(notdir $(d)))))
slides: $(deck_verbs) ##* the lectures: one HTML file per chapter in build/slides
## slides-06: the lecture of chapter 06
slides-pdf: slides ## the lectures as PDF, where there is a browser to print them
	@sh slides/theme/print.sh

book_texts := $(wildcard README.md chapters/*/README.md chapters/glossary.md exercises/README.md slides/README.md common/*/README.md)
book_theme := $(wildcard common/book/*) slides/theme/colours.css slides/theme/formulas.lua build/book/titles
build/book/titles: FORCE
	@mkdir -p $(@D); grep -m 1 '^# ' $(book_texts) | cmp -s - $@ || grep -m 1 '^# ' $(book_texts) > $@
# Live figures: WebAssembly and JavaScript that a page takes in, where there is a compiler for them.
live_compiler := $(shell sh common/live/build.sh --compiler)
live := $(patsubst chapters/%/live.cpp,%,$(if $(live_compiler),$(wildcard chapters/*/live.cpp)))
define live_rules
build/live/$(1).html: $(wildcard common/live/*) chapters/$(1)/live.cpp chapters/$(1)/live.js
	@sh common/live/build.sh $(1)
build/book/$(1).html: build/live/$(1).html
$(B)/tests/$(1)_live_test: | build/live/$(1).html
-include $(wildcard build/live/$(1)/*.d)
endef
$(foreach l,$(live),$(eval $(call live_rules,$(l))))
$(B)/tests/common_live_figures_test: | $(live:%=build/live/%.html)
# $(call book_rules,text,name,its folder)
define book_rules
build/book/$(2).html: $(1) $(if $(3),$(wildcard $(3)/figures/* $(3)/results/*)) $(book_theme) | pandoc
	@sh common/book/page.sh $(1)
build/book/$(2)_files.html: $(wildcard $(3)/* $(3)/*/*) $(book_theme) | pandoc
	@sh common/book/page.sh --files $(3)
endef
book_folders := $(patsubst %/README.md,%,$(filter %/README.md,$(filter chapters/% common/%,$(book_texts))))
$(eval $(call book_rules,README.md,index,))
$(eval $(call book_rules,chapters/glossary.md,glossary,))
book_courses := $(patsubst %/README.md,%,$(filter slides/% exercises/%,$(book_texts)))
$(foreach f,$(book_courses),$(eval $(call book_rules,$(f)/README.md,$(f),$(f))))
$(foreach f,$(book_folders),$(eval $(call book_rules,$(f)/README.md,$(notdir $(f)),$(f))))
book: build/book/index.html build/book/glossary.html $(book_courses:%=build/book/%.html) $(foreach f,$(notdir $(book_folders)),build/book/$(f).html build/book/$(f)_files.html) ##* all texts as a book: build/book/index.html
	@$(if $(live_compiler),,echo "the book's live figures stand still: $$(sh common/live/build.sh --tools)")

# --- Exercises: see exercises/README.md ------------------------------------------------------------------------------

# A task NN_topic/name, called NN_name, is exercises/NN_topic/name.cpp (or .cu), made from solutions/NN_topic/name.cpp, with
# a main and a judge of ours in tests/exercises/NN_topic/. The judges of a chapter are one GoogleTest program.
tasks := $(filter-out $(if $(NO_SIMULATOR),13_%),$(patsubst tests/exercises/%_main.cpp,%,$(wildcard tests/exercises/[0-9]*/*_main.cpp)))
task_name = $(call number,$(1))_$(notdir $(1))
task_file = $(firstword $(wildcard $(1).cu) $(1).cpp)
judges := $(addprefix $(B)/tests/exercises/,$(addsuffix /judge,$(sort $(patsubst %/,%,$(dir $(tasks))))))
$(B)/sandbox: $(addprefix $(B)/tests/exercises/,sandbox.o namespaces.o seccomp.o cgroup.o)
	$(call link,$^)
$(B)/collect: $(B)/tests/exercises/collect.o
	$(call link,$^)
$(B)/grade_class: $(patsubst %.cpp,$(B)/%.o,$(wildcard tests/exercises/class/*.cpp))
	$(call link,$^)
define judge_rules
$(1): $(patsubst %.cpp,$(B)/%.o,$(wildcard $(patsubst $(B)/%/judge,%,$(1))/*_judge.cpp)) $(B)/tests/exercises/judge.o $(B)/tests/exercises/ending.o $(B)/lib/common.a | $(B)/sandbox
	$$(call link,$$^,-lgtest)
endef
$(foreach j,$(judges),$(eval $(call judge_rules,$(j))))

# Programs of a task: of the exercise, of the solution, and of an untouched exercise.
task_mpi  = $(if $(call is_mpi,tests/exercises/$(1)),$(if $(call task_cuda,$(1)),,$(B)/lib/mpi.a $(B)/lib/mpi_guard.a))
task_cuda = $(if $(wildcard solutions/$(1).cu exercises/$(1).cu),$(B)/lib/cuda_check.a $(B)/lib/cuda_on_cpu.a)
task_libraries = $(call task_mpi,$(1)) $(B)/lib/common.a $(call task_cuda,$(1))
task_flags = $(CXXFLAGS) -Wno-unused-parameter -Wno-unused-variable $(LDFLAGS)
task_environment = TASK_CXX='$(call compiler,tests/exercises/$(1))' TASK_LIBS='$(LDLIBS)' \
  TASK_FLAGS='$(task_flags)' TASK_CU2CPP='$(B)/cu2cpp' TASK_CHECK='$(check_flags)'
rivals := $(patsubst tests/exercises/%_rival.cpp,%,$(wildcard tests/exercises/[0-9]*/*_rival.cpp))
define task_rules
$(B)/exercises/$(1)/$(2)$(4): $(3) $(B)/tests/exercises/$(2)_main.o $(call task_libraries,$(2)) tests/exercises/compile tests/exercises/names.awk $(if $(call task_cuda,$(2)),$(B)/cu2cpp) | $(if $(filter-out rival,$(1)),$(patsubst %,$(B)/exercises/rival/%,$(filter $(2),$(rivals)))) $(filter %/$(patsubst %/,%,$(dir $(2)))/judge,$(judges))
	$$(call say,compile,$$<)
	@mkdir -p $$(@D)
	$$(quiet)TASK_FORBIDS="$$$$(sed -n 's,^// forbids: *,,p' tests/exercises/$(2)_main.cpp)" $(call task_environment,$(2)) sh tests/exercises/compile $$< $(B)/tests/exercises/$(2)_main.o $$@ $(call task_libraries,$(2))
endef
$(foreach t,$(tasks),$(eval $(call task_rules,mine,$(t),$(call task_file,exercises/$(t)))))
$(foreach t,$(tasks),$(eval $(call task_rules,solutions,$(t),$(call task_file,solutions/$(t)))))
$(foreach t,$(tasks),$(eval $(call task_rules,stubs,$(t),$(B)/exercises/stubs/$(t)$(suffix $(call task_file,solutions/$(t))))))
$(foreach t,$(tasks),$(eval $(call task_rules,wrong,$(t),$(B)/exercises/wrong/$(t)-%$(suffix $(call task_file,solutions/$(t))),-%)))
$(foreach t,$(rivals),$(eval $(call task_rules,rival,$(t),tests/exercises/$(t)_rival.cpp)))
# On a GPU, where the student wishes: make ex-02_name DEVICE=cuda
define gpu_task_rules
$(B)/exercises/gpu/$(1): exercises/$(1).cu tests/exercises/$(1)_main.cpp $(B)/lib/common.a $(filter %/$(patsubst %/,%,$(dir $(1)))/judge,$(judges))
	$$(if $(gpus),,$$(error DEVICE=cuda needs nvcc: make NVCC=/path/to/nvcc))
	$$(call say,nvcc,$$<)
	@mkdir -p $$(@D)
	$$(quiet)$$(NVCC) -ccbin $$(CXX) $$(nvcc_flags) $$(filter-out %/judge,$$^) -o $$@
endef
gpu_tasks := $(patsubst exercises/%.cu,%,$(wildcard exercises/*/*.cu))
$(foreach t,$(gpu_tasks),$(eval $(call gpu_task_rules,$(t))))
$(B)/exercises/stubs/%: solutions/% $(wildcard tests/exercises/generate tests/exercises/stub.awk tests/exercises/tasks.sh)
	@sh tests/exercises/generate --to $(B)/exercises/stubs $(basename $*) && touch $@
proved := $(if $(SANITIZE),,$(if $(wildcard solutions),$(foreach t,$(tasks),$(B)/exercises/solutions/$(t) $(B)/exercises/stubs/$(t))))
test test-long: $(proved)

.PHONY: exercises ex grade handout gradescope
##@ Exercises
exercises: ## write exercises/ from solutions/; files that somebody has worked on stay as they are
	@sh tests/exercises/generate

ex: ##* the list of exercises, and what is done
	@sh tests/exercises/list

# For the grader: `NN_topic/name compiler libraries...` in a line for each task.
grade_lines = $(foreach t,$(tasks),'$(t) $(call compiler,tests/exercises/$(t)) $(call task_libraries,$(t))')
$(B)/exercises/tasks: FORCE
	@mkdir -p $(@D); printf '%s\n' $(grade_lines) > $@.$$$$; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv -f $@.$$$$ $@
.PHONY: grader grade-class
grader: $(judges) $(B)/sandbox $(B)/collect $(B)/exercises/tasks $(foreach t,$(tasks),$(B)/tests/exercises/$(t)_main.o $(call task_libraries,$(t))) $(addprefix $(B)/exercises/rival/,$(rivals)) $(B)/cu2cpp
grade_environment = TASK_LIBS='$(LDLIBS)' TASK_FLAGS='$(task_flags)' TASK_CHECK='$(check_flags)'
grade: grader ## score exercises/, or a folder of handed-in files: SUBMISSION=dir; TASKS="01 04_ring" limits it
	@$(grade_environment) sh tests/exercises/grade
grade-class: grader $(B)/grade_class ## grade every folder of CLASS=dir, and go on where it was stopped; ROSTER=file.csv, GRADEBOOK=file.csv, COLUMN=title
	@$(grade_environment) JOBS=$(cores) $(B)/grade_class

handout: ## pack the repository for students, without answers: build/handout.tar.gz; CHAPTERS="01 02" limits it
	@mkdir -p $(B) && sh tests/exercises/handout $(CHAPTERS)

gradescope: ## pack the grader for Gradescope: build/autograder.zip; CHAPTERS="01 02" limits it
	@mkdir -p $(B) && sh tests/exercises/gradescope/pack $(CHAPTERS)

##* ex-01_NAME: build one exercise and run it; says what is wrong first. A CUDA exercise on a GPU: DEVICE=cuda
## hint-01_NAME: a question that leads on
## watch-01_NAME: the same as ex-01_NAME after every save
## prove-01_NAME: our solution passes, the untouched exercise fails; prove-01: all of chapter 01
## wrong-01_NAME: the usual mistakes are caught, each with the right words; wrong-01: all of chapter 01
define task_verbs
.PHONY: ex-$(2) hint-$(2) watch-$(2) prove-$(2) wrong-$(2)
ex-$(2): $(B)/exercises/$(if $(filter cuda,$(DEVICE)),$(if $(filter $(1),$(gpu_tasks)),gpu,mine),mine)/$(1)
	@sh tests/exercises/ex $(1) $$<
watch-$(2):
	@MAKE='$(MAKE)' sh tests/exercises/watch $(2) $(call task_file,exercises/$(1))
hint-$(2):
	@sed -n 's,^// hint: *,,p' tests/exercises/$(1)_main.cpp
prove-$(2): $(filter %/$(1),$(proved))
	@sh tests/exercises/prove $(2)
wrong-$(2):
	@sh tests/exercises/wrong $(2)
endef
$(foreach t,$(tasks),$(eval $(call task_verbs,$(t),$(call task_name,$(t)))))
task_chapters := $(sort $(foreach t,$(tasks),$(call number,$(t))))
.PHONY: $(addprefix prove-,$(task_chapters)) $(addprefix wrong-,$(task_chapters))
$(foreach c,$(task_chapters),$(eval prove-$(c): $(foreach p,$(proved),$(if $(findstring /$(c)_,$(p)),$(p)))))
$(addprefix prove-,$(task_chapters)): prove-%:
	@sh tests/exercises/prove $*
$(addprefix wrong-,$(task_chapters)): wrong-%:
	@sh tests/exercises/wrong $*
$(B)/tests/common_exercises_test: | $(B)/sandbox
$(B)/tests/common_grade_class_test: | $(B)/grade_class
$(B)/tests/common_grading_test: | $(B)/sandbox $(B)/collect $(B)/exercises/tasks
-include $(wildcard $(B)/tests/exercises/*.d $(B)/tests/exercises/*/*.d)

# A verb that nobody knows may be a slip: it is compared with all that can be typed.
typed = $(shell sed -n 's/^\([a-z0-9][a-z0-9-]*\):.*/\1/p' $(firstword $(MAKEFILE_LIST))) $(deck_verbs) $(numbers) \
  $(foreach v,test bench diff readme prove wrong,$(numbers:%=$v-%)) $(foreach p,$(programs),$(call number,$p)-$(notdir $p)) \
  $(foreach v,ex hint watch prove wrong,$(foreach t,$(tasks),$v-$(call task_name,$t)))
numbers = $(foreach c,$(chapters),$(firstword $(subst _, ,$(c))))
unknown := $(if $(MAKECMDGOALS),$(filter-out $(typed) $(notdir $(wildcard *)) FORCE compile_commands.json,$(foreach g,$(MAKECMDGOALS),$(if $(findstring /,$g),,$g))))
ifneq ($(unknown),)
.PHONY: $(unknown)
$(unknown):
	@near=$$(sh tests/exercises/nearest '$(subst ','\'',$@)' $(typed) | tr '\n' ' '); \
	printf '%s%s\n' 'no rule to make $(subst ','\'',$@)' "$${near:+; did you mean make $${near% }?}"; \
	echo 'make help lists the verbs, make ex the exercises'; exit 2
endif

# For editors and language servers.
compile_commands.json: $(sources) Makefile
	@{ here=$$(pwd | sed 's/[\"]/\\&/g'); echo '['; for file in $(sources); do \
	  printf '%s{"directory": "%s", "file": "%s", "command": "%s %s -c %s"}' "$$comma" "$$here" "$$file" \
	    '$(CXX)' '$(subst $(comma),\\$(comma),$(CPPFLAGS) $(CXXFLAGS))' "$$file"; comma=",$$(printf '\n ')"; \
	done; echo; echo ']'; } > $@
