#!/bin/sh
# Strong and weak scaling of the training program:  chapters/06_data_parallel/scaling.sh [RANKS...]
#
# Strong: the same batch for any number of ranks. Weak: 128 rows for each rank, so the batch grows.
# Writes build/06_scaling.csv, and build/06_scaling.svg where there is gnuplot. Default: 1, 2, 4, ... up to the cores, and
# twice as many, which shows that a rank without a core of its own brings nothing.
# EXTRA="--allreduce mpi" adds options of the program. REPEAT=3: the best of so many runs counts.
set -eu
cd "$(dirname "$0")/../.."
program=${B:-build}/chapters/06_data_parallel/train
record=build/06_scaling.csv
[ -x "$program" ] || { echo "$program is missing: make 06 builds it" >&2; exit 1; }

if [ $# -eq 0 ]; then
  cores=$(nproc 2>/dev/null || sysctl -n hw.ncpu)
  n=1
  while [ "$n" -le $((2 * cores)) ]; do set -- "$@" "$n"; n=$((2 * n)); done
fi

# rate RANKS BATCH: samples a second, the best of REPEAT runs
rate() {
  best=0 i=0
  while [ "$i" -lt "${REPEAT:-3}" ]; do
    # shellcheck disable=SC2086
    output=$(sh common/mpi/launch "$1" "$program" --epochs 1 --train-samples 30000 --batch "$2" --watch 0 ${EXTRA:-})
    best=$(echo "$output" | awk -v best="$best" '/^trained/ { sub(/.* s, /, ""); if ($1 > best) best = $1 } END { print best }')
    i=$((i + 1))
  done
  echo "$best"
}

echo kind,ranks,batch,samples_per_second,speedup,efficiency >"$record"
for kind in strong128 strong1024 weak; do
  one=
  for ranks in "$@"; do
    case $kind in weak) batch=$((128 * ranks)) ;; *) batch=${kind#strong} ;; esac
    now=$(rate "$ranks" "$batch")
    one=${one:-$now}
    awk -v kind=$kind -v ranks="$ranks" -v batch="$batch" -v now="$now" -v one="$one" -v first="$1" \
      'BEGIN { printf "%s,%d,%d,%d,%.2f,%.2f\n", kind, ranks, batch, now, first * now / one, first * now / one / ranks }' |
      tee -a "$record"
  done
done
if command -v gnuplot >/dev/null; then
  gnuplot -e "record='$record'; picture='${record%.csv}.svg'" chapters/06_data_parallel/scaling.gp
  echo "drawn: ${record%.csv}.svg"
fi
