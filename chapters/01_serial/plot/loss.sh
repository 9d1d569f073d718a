#!/bin/sh
# loss.sh RECORD.csv: draws the loss curve of a training run: as text here, and, where gnuplot is installed, with the test
# accuracy as RECORD.svg.
set -eu
export LC_ALL=C CDPATH=''
record=${1:?usage: loss.sh RECORD.csv}
[ -r "$record" ] || { echo "error: $record: no such run record; a run with --log FILE writes one" >&2; exit 1; }
[ "$(wc -l <"$record")" -gt 1 ] || { echo "error: $record: holds no steps" >&2; exit 1; }
here=$(dirname "$0")
awk -f "$here/loss.awk" "$record"
if command -v gnuplot >/dev/null; then
  picture=${record%.csv}.svg
  gnuplot -e "record='$record'; picture='$picture'" "$here/loss.gp"
  echo "    drawn: $picture"
else
  echo "    (with gnuplot, an optional extra, \`make plot\` also draws an SVG)"
fi
