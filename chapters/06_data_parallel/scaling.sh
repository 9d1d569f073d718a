#!/bin/sh
# Strong and weak scaling of the training step:  chapters/06_data_parallel/scaling.sh [RANKS...]
#
# Default: 1, 2, 4, ... ranks up to the cores. More ranks than cores may be asked for; their lines are marked, since what
# they show is how the system shares cores, not how the program scales.
# Writes build/06_scaling.csv (or RECORD), and a picture .svg beside it where there is gnuplot. Where somebody else had the cores meanwhile it
# writes neither and ends with status 77; DISTURBED=1 writes them all the same, with the lines marked.
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
program=${B:-build}/chapters/06_data_parallel/scaling
record=${RECORD:-build/06_scaling.csv}
[ -x "$program" ] || { echo "$program is missing: make 06 builds it" >&2; exit 1; }

if [ $# -eq 0 ]; then
  cores=$(sh common/cores)
  n=1
  while [ "$n" -le "$cores" ]; do set -- "$@" "$n"; n=$((2 * n)); done
fi

new=$(mktemp)
trap 'rm -f "$new"' EXIT
header=--header quiet=--only-if-quiet
[ -z "${DISTURBED:-}" ] || quiet=
for ranks in "$@"; do
  # shellcheck disable=SC2086
  sh common/mpi/launch "$ranks" "$program" $header $quiet ${ROUNDS:+--rounds "$ROUNDS"} >>"$new" || {
    status=$?
    cat "$new" >&2
    [ $status -ne 77 ] || echo "scaling.sh: somebody else had the cores meanwhile; nothing was written" >&2
    exit $status
  }
  header=
done
cp "$new" "$record"
column() { awk -F, '{ printf "%-11s %5s %6s %19s %8s %11s %13s  %s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'; }
column <"$record"
if command -v gnuplot >/dev/null; then
  gnuplot -e "record='$record'; picture='${record%.csv}.svg'" chapters/06_data_parallel/scaling.gp
fi
