#!/bin/sh
# search.sh RECORD.csv: draws the record of a parameter search as RECORD.svg.
set -eu
export LC_ALL=C CDPATH=''
record=${1:?usage: search.sh RECORD.csv}
[ -r "$record" ] || { echo "error: $record: no such record; search --log FILE writes one" >&2; exit 1; }
command -v gnuplot >/dev/null || { echo "No picture: gnuplot is not installed (an optional extra)."; exit 0; }
picture=${record%.csv}.svg
gnuplot -e "record='$record'; picture='$picture'" "$(dirname "$0")/search.gp"
echo "drawn: $picture"
