#!/bin/sh
# Strong scaling on simulated clusters, as numbers and a picture:  chapters/13_scaling/plot.sh [RANKS [FOLDER]]
#
# The course's network with 1024 rows, on 1, 2, 4, ... RANKS (256): only the batch divided, and on the fastest grid. Writes
# scaling.csv into FOLDER (build/13_scaling), and scaling.svg where there is gnuplot. The same everywhere: times are simulated.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
ranks=${1:-256} folder=${2:-build/13_scaling}
program=${B:-build}/chapters/13_scaling/scaling
[ -x "$program" ] || { echo "$program is missing: make 13-scaling builds it" >&2; exit 1; }
mkdir -p "$folder"
part=$(mktemp)
trap 'rm -f "$part"' EXIT

: >"$folder/scaling.csv"
for cluster in ethernet infiniband; do
  for way in data grid; do
    echo "  $cluster, $way" >&2
    "$program" --cluster $cluster --ranks "$ranks" $([ $way = grid ] || echo --data-only) --csv "$part" >/dev/null
    awk -v name="$cluster,$way" 'NR == 1 { line = "cluster,way," $0; if (!header) print line; next } { print name "," $0 }' \
      header=$([ -s "$folder/scaling.csv" ] && echo 1 || echo 0) "$part" >>"$folder/scaling.csv"
  done
done
if command -v gnuplot >/dev/null; then
  gnuplot -e "record='$folder/scaling.csv'; picture='$folder/scaling.svg'" chapters/13_scaling/scaling.gp
  echo "drawn: $folder/scaling.svg"
fi
