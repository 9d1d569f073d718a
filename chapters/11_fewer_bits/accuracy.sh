#!/bin/sh
# accuracy.sh [EPOCHS]: what a precision costs: a line for each run, with its test accuracy in the end, the share of updates that changed
# nothing, the loss scale in the end, and the steps that were skipped. The first group loses updates, the second one small gradients.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
epochs=${1:-10}
run() { # GROUP OPTIONS: a run with both; only the second is told
  # shellcheck disable=SC2086
  sh common/mpi/launch 1 build/chapters/11_fewer_bits/train --epochs "$epochs" $1 --precision $2 | awk -v options="$2" '
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
