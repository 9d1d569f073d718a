#!/bin/sh
# What large batches cost in accuracy, and what two remedies bring:  chapters/06_data_parallel/large_batch.sh [RANKS]
#
# Ten epochs for each line of the table; four minutes in all on one core. Writes build/06_large_batch.csv.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
ranks=${1:-1}
program=${B:-build}/chapters/06_data_parallel/train
record=build/06_large_batch.csv
[ -x "$program" ] || { echo "$program is missing: make 06 builds it" >&2; exit 1; }

# test accuracy after ten epochs, or what went wrong
accuracy() {
  output=$(sh common/mpi/launch "$ranks" "$program" --watch 0 "$@" 2>&1) || true
  case $output in
    *diverged*) echo diverged ;;
    *) echo "$output" | sed -n 's/^epoch  10 .*test accuracy \([0-9.]*\) %.*/\1/p' ;;
  esac
}

echo batch,steps,same_rate,scaled_rate,scaled_and_warmed_up >"$record"
printf '%6s %7s   %12s %12s %18s\n' batch steps 'rate 0.1' 'scaled' 'scaled, warm-up'
for batch in 128 512 2048 8192; do
  steps=$((10 * ((60000 + batch - 1) / batch)))
  same=$(accuracy --batch $batch)
  scaled=$(accuracy --batch $batch --reference-batch 128)
  warm=$(accuracy --batch $batch --reference-batch 128 --warm-up 2)
  printf '%6s %7s   %12s %12s %18s\n' "$batch" "$steps" "$same" "$scaled" "$warm"
  echo "$batch,$steps,$same,$scaled,$warm" >>"$record"
done
