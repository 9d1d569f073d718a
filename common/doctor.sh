#!/bin/sh
# make doctor: looks at everything that this repository depends on, and says what to do about each problem.
# Status 0 if nothing keeps it from working (a missing GPU or an optional extra does not).
set -u
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/.." || exit 1
problems=0
ok() { printf '  ok       %s\n' "$*"; }
note() { printf '  note     %s\n' "$*"; }
bad() { # WHAT ADVICE
  printf '  PROBLEM  %s\n           -> %s\n' "$1" "$2"
  problems=$((problems + 1))
}
found() { command -v "$1" >/dev/null 2>&1; }
first_line() { "$@" 2>&1 | sed -n 1p; }

work=$(sh common/scratch) || exit 2
trap 'rm -rf "$work"' EXIT
NO_INSTALL=1 CXX='' sh common/setup.sh "$work/setup.mk" >"$work/setup.log" 2>&1
setup_status=$?
variable() { sed -n "s/^$1 ?*:*= *//p" "$work/setup.mk" 2>/dev/null | sed -n 1p; }
cxx=${CXX:-$(variable CXX)} mpicxx=${MPICXX:-$(variable MPICXX)} mpiexec=${MPIEXEC:-$(variable MPIEXEC)}

echo "Needed:"
if [ $setup_status -ne 0 ]; then bad "$(sed -n 1p "$work/setup.log")" "sh common/setup.sh ($(sed -n 2p "$work/setup.log"))"; fi
if found "$cxx"; then ok "compiler: $cxx, $(first_line "$cxx" --version)"; else bad "no C++ compiler" "sh common/setup.sh"; fi
march=${MARCH:-native}
if found "$cxx"; then
  echo 'int main() {}' >"$work/a.cpp"
  if "$cxx" -march="$march" "$work/a.cpp" -o "$work/a" 2>/dev/null; then
    ok "-march=$march: $("$cxx" -march="$march" -dM -E -x c++ /dev/null | awk '/__AVX512F__/{a="AVX-512"} /__AVX2__/{b="AVX2"} /__FMA__/{f="FMA"} END {print a, b, f}')"
  else
    bad "$cxx does not know -march=$march" "make MARCH=x86-64-v3 (any x86 server since about 2015) or make MARCH= (any machine)"
  fi
fi
if [ -f common/data/mnist/SHA256SUMS ]; then ok "MNIST ships in common/data/mnist"; else bad "common/data/mnist is missing" "clone the repository again"; fi

echo "MPI:"
if ! found "$mpicxx" || ! found "${mpiexec%% *}"; then
  bad "no MPI compiler or launcher" "sh common/setup.sh"
else
  # The library that the compiler links, as the program itself reports it.
  cat >"$work/mpi.cpp" <<'EOF'
#include <mpi.h>
#include <cstdio>
int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank, size, length;
  char version[MPI_MAX_LIBRARY_VERSION_STRING];
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Get_library_version(version, &length);
  for (char* c = version; *c; ++c)
    if (*c == '\n') { *c = 0; break; }
  std::printf("rank %d of %d|%s\n", rank, size, version);
  MPI_Finalize();
}
EOF
  launcher=$("${mpiexec%% *}" --version 2>&1 | sed -n '1,2p' | tr -s ' \t\n' ' ')
  if ! "$mpicxx" "$work/mpi.cpp" -o "$work/mpi" >"$work/log" 2>&1; then
    bad "$mpicxx cannot build an MPI program: $(sed -n 1p "$work/log")" "sh common/setup.sh, or choose another: make MPICXX=..."
  else
    MPIEXEC=$mpiexec timeout 60 sh common/mpi/launch 2 "$work/mpi" >"$work/ranks" 2>"$work/log" </dev/null
    started=$?
    if [ $started -eq 69 ]; then
      bad "$(sed 's/For ranks .*//' "$work/log")" "$(sed 's/.*\(For ranks \)/\1/' "$work/log")"
    elif [ $started -ne 0 ]; then
      bad "$mpiexec cannot start two processes: $(sed -n 1p "$work/log")" "start the launcher that belongs to $mpicxx: make MPIEXEC=..."
    else
      library=$(cut -d '|' -f 2 "$work/ranks" | sed -n 1p | tr -s ' \t' ' ')
      ok "library: $library (by $mpicxx)"
      ok "launcher: $mpiexec, $launcher"
      if [ "$(grep -c 'rank 0 of 1' "$work/ranks")" -eq 2 ]; then
        bad "both processes are rank 0 of 1: the launcher $mpiexec is not that of the library" \
          "use the two of one MPI: make MPICXX=mpicxx.mpich MPIEXEC=mpiexec.mpich; on Debian and Ubuntu 'update-alternatives --display mpi' shows the default"
      elif [ "$(grep -o 'rank [01] of 2' "$work/ranks" | sort -u | grep -c .)" -eq 2 ]; then
        ok "two processes are rank 0 and rank 1 of 2"
      else
        bad "two processes reported: $(cut -d '|' -f 1 "$work/ranks" | tr '\n' ',')" "look at: $mpiexec -n 2 hostname"
      fi
      case "$library" in *MPICH*) ;; *) note "tested with MPICH; other MPI-3.1 libraries should do" ;; esac
    fi
  fi
fi
cores=$(sh common/cores)
ok "cores: $cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | sed -n 1p))"

echo "GPU (optional: without one, .cu files run on the CPU):"
nvcc=${NVCC:-}
if found nvidia-smi && gpus=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null) && [ -n "$gpus" ]; then
  ok "GPU: $gpus"
  [ -n "$nvcc" ] || note "no nvcc on the PATH: the GPU stays idle; add the toolkit's bin folder to PATH, or: make NVCC=/path/to/nvcc"
  # pairs WORD: how many pairs of GPUs have this word in a table of nvidia-smi.
  pairs() { awk -v word="$1" '$1 ~ /^GPU[0-9]+$/ && $2 !~ /^GPU/ { for (i = 2; i <= NF; i++) n += $i ~ word } END { print n / 2 }'; }
  all=$(echo "$gpus" | awk 'END { print NR * (NR - 1) / 2 }') reach=$(nvidia-smi topo -p2p r 2>/dev/null | pairs '^OK$')
  if [ "$all" -gt 0 ]; then ok "GPUs that can read each other's memory: $reach of $all pairs, $(nvidia-smi topo -m 2>/dev/null | pairs '^NV[0-9]') by NVLink (common/cluster/README.md)"; fi
  n=$(echo "$gpus" | grep -c .) program=${B:-build}/chapters/05_collectives/reach
  if [ "${CUDA:-cpu}" = gpu ] && [ -x "$program" ]; then MPIEXEC=$mpiexec timeout 60 sh common/mpi/launch "$n" "$program" 2>&1 </dev/null | sed 's/^/           /'
  else note "which ranks reach each other, how, and what to do about it: make 05-reach RANKS=$n"; fi
else note "no GPU"; fi
if [ -n "$nvcc" ]; then
  release=$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')
  gpus=$(sh common/cuda_on_cpu/toolkit.sh "$nvcc" 2>"$work/log" | cut -d ' ' -f 1)
  if [ -n "$gpus" ]; then ok "CUDA Toolkit: $nvcc, release $release, builds for sm_$(echo "$gpus" | sed 's/,/, sm_/g')"; else note "$(cat "$work/log")"; fi
  # The driver says up to which release of CUDA it runs programs of.
  newest=$(nvidia-smi 2>/dev/null | sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p')
  if [ -n "$newest" ] && [ "$newest" -lt "${release%%.*}" ]; then
    bad "the driver runs CUDA up to release $newest, the Toolkit is of release $release" "a newer driver, or an older Toolkit: make NVCC=/path/to/nvcc; or make CUDA=cpu"
  fi
else note "no CUDA Toolkit"; fi
ok "make builds .cu files for the $([ "${CUDA:-cpu}" = gpu ] && echo 'GPU, and make train runs there' || echo 'CPU, and make train runs on the cores') (DEVICE=cpu|cuda)"

echo "Optional extras:"
for tool in gnuplot pandoc; do
  if found $tool; then ok "$tool: $(first_line $tool --version)"; else note "$tool is not installed ($([ $tool = gnuplot ] && echo pictures of plots || echo slides and book))"; fi
done

live=$(sh common/live/build.sh --tools)
if [ -n "$live" ]; then note "the book's live figures stand still: $live"; else ok "live figures of the book: $(sh common/live/build.sh --compiler)"; fi
found node || note "node is not installed (the tests of the live figures)"

if [ $problems -eq 0 ]; then echo "Nothing is in the way."; else echo "$problems problem(s)."; exit 1; fi
