#!/bin/sh
# ping_pong.sh RECORD.csv: draws the times of messages and their fit as RECORD.svg.
set -eu
export LC_ALL=C CDPATH=''
record=${1:?usage: ping_pong.sh RECORD.csv}
[ -r "$record" ] || { echo "error: $record: no such record; ping_pong --log FILE writes one" >&2; exit 1; }
command -v gnuplot >/dev/null || { echo "No picture: gnuplot is not installed (an optional extra)."; exit 0; }
picture=${record%.csv}.svg
gnuplot -e "record='$record'; picture='$picture'" "$(dirname "$0")/ping_pong.gp"
echo "drawn: $picture"
