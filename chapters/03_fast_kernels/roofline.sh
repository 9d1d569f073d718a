#!/bin/sh
# roofline.sh PRODUCTS.csv PICTURE.svg: draws how near each product comes to what the GPU's memory and its arithmetic allow.
# PRODUCTS.csv comes from `bench --csv` on a GPU; gnuplot is an optional extra.
set -eu
export LC_ALL=C CDPATH=''
csv=${1:?usage: roofline.sh PRODUCTS.csv PICTURE.svg} picture=${2:?usage: roofline.sh PRODUCTS.csv PICTURE.svg}
[ -r "$csv" ] || { echo "error: $csv: no such file; bench --csv FILE writes one" >&2; exit 1; }
name=$(sed -n '1s/^# \(.*\),[^,]*,[^,]*$/\1/p' "$csv")
peak=$(sed -n '1s/^.*,\([^,]*\),[^,]*$/\1/p' "$csv")
bandwidth=$(sed -n '1s/^.*,//p' "$csv")
case "$peak" in
  '' | 0) echo "skipped: no GPU: $csv was measured on a CPU, which has another roof"; exit 0 ;;
esac
case "$bandwidth" in
  '' | 0) echo "No picture: this GPU does not tell the clock of its memory. The numbers are in $csv."; exit 0 ;;
esac
if ! command -v gnuplot >/dev/null; then
  echo "No picture: gnuplot is not installed (an optional extra). The numbers are in $csv."
  exit 0
fi
gnuplot -e "csv='$csv'; picture='$picture'; name='$name'; peak=$peak; bandwidth=$bandwidth" "$(dirname "$0")/roofline.gp"
echo "drawn: $picture"
