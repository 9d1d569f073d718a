#!/bin/sh
# Strong and weak scaling to 4,096 ranks on three simulated clusters:  chapters/13_scaling/large.sh [RANKS [FOLDER]]
#
# Eight layers of 8192 neurons, each layer on 8 ranks of a node: a model has 64 ranks, and there are 1, 2, 4, ... of them. Strong: 8192 rows for
# all; weak: 1024 rows for each model. Writes large.csv into FOLDER (build/13_scaling), and large.svg where there is gnuplot. Some minutes; the
# same everywhere: times are simulated.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
ranks=${1:-4096} folder=${2:-build/13_scaling}
program=${B:-build}/chapters/13_scaling/scaling
[ -x "$program" ] || { echo "$program is missing: make 13-scaling builds it" >&2; exit 1; }
mkdir -p "$folder"
part=$(mktemp) new=$(mktemp)
trap 'rm -f "$part" "$new"' EXIT

for cluster in ethernet infiniband gpu_pods; do
  for way in strong weak; do
    echo "  $cluster, $way" >&2
    "$program" --cluster $cluster --ranks "$ranks" --pipeline 8 --tensor 8 --hidden 8192,8192,8192,8192,8192,8192,8192 \
      $([ $way = strong ] && echo --batch 8192 || echo --weak --batch 1024) --csv "$part" >&2
    awk -v name="$cluster,$way" -v first="$([ -s "$new" ] || echo yes)" 'NR == 1 { if (first) print "cluster,way," $0; next } { print name "," $0 }' \
      "$part" >>"$new"
  done
done
cat "$new" >"$folder/large.csv"
if command -v gnuplot >/dev/null; then
  gnuplot -e "record='$folder/large.csv'; picture='$folder/large.svg'" chapters/13_scaling/large.gp
  echo "drawn: $folder/large.svg"
fi
