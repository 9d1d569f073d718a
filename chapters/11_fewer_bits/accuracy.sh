#!/bin/sh
# accuracy.sh [--seeds] [EPOCHS]: what a precision costs: a line for each run, with its test accuracy in the end, the share of updates that
# changed nothing, the loss scale in the end, and the steps that were skipped. The first group loses updates, the second one small gradients.
# --seeds: bf16 beside float, with the program's own learning rate and batch, from three seeds.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
seeds=
if [ "${1:-}" = --seeds ]; then seeds='1 2 3'; shift; fi
epochs=${1:-10}
train() { sh common/mpi/launch 1 build/chapters/11_fewer_bits/train --epochs "$epochs" "$@"; }
if [ -n "$seeds" ]; then
  printf '%-8s %10s %10s %12s\n' seed float bf16 difference
  for seed in $seeds; do
    for precision in float bf16; do train --seed "$seed" --precision $precision; done | awk -v seed="$seed" '
      /^epoch  *1 / { ++run }
      /^epoch/ { accuracy[run] = $7 }
      END { if (run != 2) exit 1; printf "%-8s %8.2f %% %8.2f %% %+12.2f\n", seed, accuracy[1], accuracy[2], accuracy[2] - accuracy[1] }'
  done
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
