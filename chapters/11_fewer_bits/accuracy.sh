#!/bin/sh
# accuracy.sh [--seeds] [EPOCHS]: what a precision costs: a line for each run, with its test accuracy in the end, the share of updates that
# changed nothing, the loss scale in the end, and the steps that were skipped. The first group loses updates, the second one small gradients.
# --seeds: from three seeds, with the program's own learning rate and batch; in brackets what each differs from float by.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
seeds=
if [ "${1:-}" = --seeds ]; then seeds='1 2 3'; shift; fi
epochs=${1:-10}
train() { sh common/mpi/launch 1 "${B:-build}/chapters/11_fewer_bits/train" --epochs "$epochs" "$@"; }
if [ -n "$seeds" ]; then
  printf '%-8s %10s %18s %18s %18s\n' seed float bf16 'weights rounded' stochastic
  for seed in $seeds; do
    # shellcheck disable=SC2086
    for how in float bf16 'bf16 --weights rounded' 'bf16 --weights stochastic'; do train --seed "$seed" --precision $how; done
  done | awk -v last="$epochs" '
    function size(x) { return x < 0 ? -x : x }
    $1 == "epoch" && $2 == last {
      run = n++ % 4
      if (run == 0) printf "%-8d %8.2f %%", n / 4 + 1, float = $7
      else printf " %8.2f %% (%+.2f)", $7, $7 - float
      if (run == 3) print ""
      if (size($7 - float) > most[run]) most[run] = size($7 - float)
    }
    END { if (n != 12) exit 1; printf "%-19s %10.2f %18.2f %18.2f\n", "farthest from float", most[1], most[2], most[3] }'
  exit
fi
run() { # GROUP OPTIONS: a run with both; only the second is told
  # shellcheck disable=SC2086
  train $1 --precision $2 | awk -v options="$2" '
    /^epoch/ { accuracy = $7 }
    /changed nothing$/ { lost = $1 " %" }
    /^activations/ { scale = $6; skipped = $10 }
    END { gsub(/--/, "", options); printf "%-44s %8s %% %10s %10d %8d\n", options, accuracy, lost, scale, skipped }'
}
heading() { printf '%-44s %10s %10s %10s %8s\n' "$1" accuracy lost scale skipped; }
heading 'learning rate 0.01, batch 128'
for options in float bf16 'bf16 --weights rounded' 'bf16 --weights stochastic'; do run '--learning-rate 0.01' "$options"; done
heading 'learning rate 0.5, batch 2048'
for options in float bf16 half half-flushed 'half-flushed --loss-scale 65536 --dynamic'; do
  run '--learning-rate 0.5 --batch 2048' "$options"
done
