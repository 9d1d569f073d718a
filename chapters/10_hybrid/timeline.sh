#!/bin/sh
# chapters/10_hybrid/timeline.sh PICTURE.svg: one training step of a 2 x 2 x 1 grid, drawn from a trace. The ranks are
# simulated (chapter 13), each with a core of its own: on two real cores, four ranks would show the scheduler of the operating
# system instead. Needs the program built by `make 13`.
set -eu
export LC_ALL=C CDPATH=''
picture=$1 program=${B:-build}/chapters/13_scaling/train
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
"$program" --cluster infiniband --replicas 2 --pipeline 2 --micro-batches 8 --hidden 512,512,512,512 --batch 1024 \
  --train-samples 4096 --epochs 1 --trace "$trace" >/dev/null

# The third step: from the first rank's end of the second update to the last rank's end of the third one, in ms.
window=$(awk '
  match($0, /"ts":[0-9.]+/) { ts = substr($0, RSTART + 5, RLENGTH - 5); if (!begin || ts < begin) begin = ts }
  /"name":"update"/ {
    match($0, /"tid":[0-9]+/); rank = substr($0, RSTART + 6, RLENGTH - 6)
    match($0, /"dur":[0-9.]+/); end = ts + substr($0, RSTART + 6, RLENGTH - 6)
    if (++updates[rank] == 2 && (!from || end < from)) from = end
    if (updates[rank] == 3 && end > to) to = end
  }
  END { printf "%.1f %.1f", (from - begin) / 1000 - 1, (to - begin) / 1000 + 4 }' "$trace")
# shellcheck disable=SC2086  # two words
sh common/mpi_guard/timeline "$trace" $window >"$picture"
