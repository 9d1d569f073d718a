#!/bin/sh
# loss.sh RECORD.csv: draws the loss curve and the accuracy of a training run, as text here and as RECORD.svg.
set -eu
record=${1:?usage: loss.sh RECORD.csv}
[ -r "$record" ] || { echo "error: $record: no such run record; a run with --log FILE writes one" >&2; exit 1; }
[ "$(wc -l <"$record")" -gt 1 ] || { echo "error: $record: holds no steps" >&2; exit 1; }
if ! command -v gnuplot >/dev/null; then
  echo "No picture: gnuplot is not installed (an optional extra). The numbers are in $record."
  exit 0
fi
here=$(dirname "$0")
picture=${record%.csv}.svg
columns=$(tput cols 2>/dev/null || echo 80)
gnuplot -e "record='$record'; picture='$picture'; columns=$columns" "$here/loss.gp"
echo "drawn: $picture"
