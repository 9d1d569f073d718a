#!/bin/sh
# chapters/08_layer_splitting/pictures.sh RESULTS.csv PICTURE.svg: every schedule as planned and as traced on two ranks, side
# by side. Needs the programs built by `make 08 08-plan`.
#
# The table: schedule,panel,stage,pass,chunk,micro_batch,begin,end (planned: in forward steps through a stage; traced: in ms).
set -eu
export LC_ALL=C CDPATH=''
csv=$1 picture=$2 here=chapters/08_layer_splitting programs=${B:-build}/chapters/08_layer_splitting
stages=2 micro_batches=8 batch=1024 shown=4 # the batch that is drawn, counted from 0: the first are slower
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "schedule,panel,stage,pass,chunk,micro_batch,begin,end" >"$csv"
for schedule in naive gpipe 1f1b interleaved zb-h1; do
  if [ $schedule = interleaved ]; then chunks=2; else chunks=1; fi
  sh common/mpi/launch 1 "$programs/plan" --schedule $schedule --stages $stages --chunks 2 --micro-batches $micro_batches \
    --events "$work/plan.csv"
  sh common/mpi/launch $stages "$programs/train" --schedule $schedule --chunks $chunks --micro-batches $micro_batches \
    --hidden 512,512,512,512,512,512,512,512 --batch $batch --train-samples $((6 * batch)) --epochs 1 \
    --trace "$work/trace.json" >/dev/null
  awk -v schedule=$schedule -v shown=$shown -f $here/join_trace.awk "$work/plan.csv" "$work/trace.json" >>"$csv"
done
awk -f $here/draw.awk "$csv" >"$picture"
