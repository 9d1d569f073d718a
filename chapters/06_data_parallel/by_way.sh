#!/bin/sh
# by_way.sh WAY FILE COMMAND...: trains with COMMAND --exchange WAY, and holds the weights against those that another way left in FILE.
# Status 77 where that way cannot be gone here, 1 where the weights differ.  `make gpu-report` calls it.
set -u
export LC_ALL=C CDPATH=''
way=$1 file=$2
shift 2
said=$("$@" --exchange "$way" 2>&1)
status=$?
printf '%s\n' "$said"
[ $status -eq 0 ] || exit $status
why=$(printf '%s\n' "$said" | sed -n 's/: gradients go through host memory$//p' | head -n 1)
if [ -n "$why" ]; then echo "skipped: $why"; exit 77; fi
weights=$(printf '%s\n' "$said" | sed -n 's/^trained .*; weights \([0-9a-f]*\)$/\1/p')
[ -n "$weights" ] || { echo "no weights in what it says"; exit 1; }
if [ ! -s "$file" ]; then echo "$way $weights" >"$file"; fi
read -r first expected <"$file"
[ "$weights" = "$expected" ] || { echo "weights $weights, by $first $expected"; exit 1; }
echo "weights as by $first"
