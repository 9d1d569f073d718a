#!/bin/sh
# scales.sh [RESULTS.csv]: which loss scales lose accuracy, and which overflow. A line for each run, with its test accuracy in
# the end and the share of its steps that were skipped, since a gradient was not finite. They are also written.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
csv=${1:-/dev/null}
echo 'numbers,exponent,accuracy,skipped' >"$csv"
run() { # NUMBERS OPTIONS EXPONENT [--dynamic]
  scale=$(awk -v exponent="$3" 'BEGIN { printf "%.17g", 2 ^ exponent }')
  # shellcheck disable=SC2086
  sh common/mpi/launch 1 "${B:-build}/chapters/11_fewer_bits/train" $2 --loss-scale "$scale" ${4:-} | awk -v numbers="$1" \
    -v exponent="$3" -v dynamic="${4:-}" -v csv="$csv" '
    /^epoch/ { accuracy = $7 }
    /^activations/ { skipped = 100 * $10 / $12; ended = log($6) / log(2) }
    END {
      if (accuracy == "" || skipped == "") exit 1
      label = "2^" exponent (dynamic ? sprintf(", dynamic, 2^%.0f in the end", ended) : "")
      printf "  %-40s %8.2f %% %8.1f %%\n", label, accuracy, skipped
      if (!dynamic) printf "\"%s\",%d,%s,%.4f\n", numbers, exponent, accuracy, skipped >>csv
    }'
}
sweep() { # NUMBERS OPTIONS EXPONENT...
  numbers=$1 options=$2
  shift 2
  printf '%-42s %10s %10s\n' "$numbers" accuracy skipped
  for exponent; do run "$numbers" "$options" "$exponent"; done
}
half='--precision half --epochs 2' flushed='--precision half-flushed --batch 2048 --learning-rate 0.5 --epochs 3'
sweep 'half, batch 128, 2 epochs' "$half" -18 -16 -14 -12 -10 0 8 16 18 20 22
run 'half, batch 128, 2 epochs' "$half" -16 --dynamic
sweep 'half-flushed, batch 2048, 3 epochs' "$flushed" 0 4 8 12 16 20 24 28
run 'half-flushed, batch 2048, 3 epochs' "$flushed" 16 --dynamic
