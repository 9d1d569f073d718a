#!/bin/sh
# unpack.sh FILE.gz TARGET: checks FILE.gz against SHA256SUMS beside it and unpacks it. TARGET is complete or absent.
set -eu
export LC_ALL=C CDPATH=''
source=$1 target=$2
folder=$(dirname "$source") name=$(basename "$source")
fail() {
  echo "error: $source: $1" >&2
  rm -f "$target.new"
  exit 1
}
sum=$(if command -v sha256sum >/dev/null; then sha256sum "$source"; else shasum -a 256 "$source"; fi | cut -d ' ' -f 1)
expected=$(awk -v name="$name" '$2 == name { print $1 }' "$folder/SHA256SUMS")
gzip -dc "$source" >"$target.new" 2>/dev/null || fail "is cut short or damaged (gzip cannot unpack it)"
[ -n "$expected" ] || fail "has no line in $folder/SHA256SUMS"
[ "$sum" = "$expected" ] || fail "checksum is $sum, expected $expected"
mv "$target.new" "$target"
