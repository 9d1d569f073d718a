#!/bin/sh
# resources.sh [FOLDER]: what nvcc gave each kernel of chapters 02 and 03, as a table: registers of a thread on each kind of GPU,
# bytes of a thread that were *spilled* from registers to memory (0: none), and bytes of a block's static shared memory.
#
# FOLDER holds what nvcc said beside the objects, build/nvcc after `make gpu-build`. `resources.sh --check` compares with
# results/resources.md, and says why if it cannot. To write it anew:
#   make gpu-build && sh chapters/03_fast_kernels/resources.sh > chapters/03_fast_kernels/results/resources.md
set -u
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.." || exit 1
check=no
if [ "${1:-}" = --check ]; then check=yes; shift; fi
folder=${1:-build/nvcc} committed=chapters/03_fast_kernels/results/resources.md

skip() { echo "skipped: $1"; exit 77; }
nvcc=${NVCC:-$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null)}
[ -n "$nvcc" ] || skip "no nvcc"
release=$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/\1/p')
[ $check = no ] || [ -r "$committed" ] || skip "there is no $committed to compare with"
if [ $check = yes ] && ! grep -q "nvcc $release," "$committed"; then skip "the table was made by another nvcc than $release"; fi

said=
for source in chapters/02_cuda/*.cu chapters/03_fast_kernels/*.cu; do
  usage=$folder/${source%.cu}.usage
  newer=$(find "$source" chapters/0[1-3]*/*.cuh chapters/0[1-3]*/*.h -newer "$usage" 2>/dev/null)
  [ -r "$usage" ] && [ -z "$newer" ] || skip "$usage is not there or is old: make gpu-build"
  said="$said $usage"
done

table() { # FILE
  echo "Registers of a thread by kind of GPU; spilled bytes of a thread and static shared bytes of a block, the most of all kinds:"
  echo "nvcc $release, written by \`resources.sh\`."
  echo
  # shellcheck disable=SC2086
  c++filt <$1 | awk '
    /Compiling entry function/ { arch = $0; sub(/.* for ./, "", arch); sub(/.$/, "", arch)
      name = $0; sub(/.*entry function ./, "", name); sub(/. for .*/, "", name); sub(/\((float|int|unsigned|double|__nv).*/, "", name); sub(/^void /, "", name)
      gsub(/fast::|plain::|\(anonymous namespace\)::/, "", name); gsub(/ >/, ">", name)
      if (!(arch in archs)) { archs[arch]; order[++n] = arch }
      if (!(name in seen)) { seen[name]; names[++count] = name } }
    /bytes spill stores/ { if ($5 + $9 > spilled[name]) spilled[name] = $5 + $9 }
    /Used [0-9]+ registers/ { for (i = 2; i <= NF; i++) {
      if ($i ~ /^registers/) registers[name, arch] = $(i - 1)
      if ($i ~ /^smem/ && $(i - 2) + 0 > shared[name] + 0) shared[name] = $(i - 2) } }
    END {
      line = "| kernel |"; rule = "|---|"
      for (i = 1; i <= n; i++) { line = line " " order[i] " |"; rule = rule "---|" }
      print line " spilled | shared |"; print rule "---|---|"
      for (k = 1; k <= count; k++) {
        line = "| `" names[k] "` |"
        for (i = 1; i <= n; i++) line = line " " registers[names[k], order[i]] " |"
        print line " " spilled[names[k]] + 0 " | " shared[names[k]] + 0 " |"
      }
    }'
}

# shellcheck disable=SC2086
cat $said >"${TMPDIR:-/tmp}/usage.$$"
trap 'rm -f "${TMPDIR:-/tmp}/usage.$$"' EXIT
if [ $check = no ]; then table "${TMPDIR:-/tmp}/usage.$$"; exit; fi
table "${TMPDIR:-/tmp}/usage.$$" | diff "$committed" - && echo "$committed is what nvcc $release makes"
