#!/bin/sh
# chapters/07_sharded_optimizer/memory.sh RESULTS.csv PICTURE.svg: counts memory on 2, 4 and 8 ranks and draws it as
# stacked bars, with the formulas as marks. Needs gnuplot, and the program built by `make 07-memory`.
set -eu
export LC_ALL=C CDPATH=''
csv=$1 picture=$2 program=${B:-build}/chapters/07_sharded_optimizer/memory
names="weights gradients state exchange sent"
{
  printf 'ranks,level'
  for name in $names; do printf ',%s' "$name"; done
  for name in $names; do printf ',%s by formula' "$name"; done
  echo
} >"$csv"
for ranks in 2 4 8; do sh common/mpi/launch "$ranks" "$program" --csv "$csv" >/dev/null; done
command -v gnuplot >/dev/null || { echo "memory.sh: gnuplot is not installed" >&2; exit 1; }
gnuplot -e "csv='$csv'; picture='$picture'" chapters/07_sharded_optimizer/memory.gp
