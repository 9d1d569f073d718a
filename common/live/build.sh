#!/bin/sh
# Live figures: chapters/NN_topic/live.cpp and what it names, compiled to WebAssembly.
#
#   build.sh --compiler   the compiler, or nothing where something is missing
#   build.sh --tools      what is missing, and how to get it
#   build.sh NN_topic     build/live/NN_topic.wasm, and NN_topic.html, which a page of the book takes in
set -eu
export LC_ALL=C CDPATH=''
cd "$(dirname "$0")/../.."
cxx=${WASM_CXX:-clang++-16} headers=/usr/include/wasm32-wasi/c++/v1
missing=
command -v "$cxx" >/dev/null || missing="$missing $cxx"
command -v wasm-ld-16 >/dev/null || missing="$missing wasm-ld-16"
[ -e $headers/vector ] || missing="$missing libc++ for wasm32-wasi"
case ${1:-} in
  --compiler) [ -n "$missing" ] || echo "$cxx"; exit 0 ;;
  --tools) [ -z "$missing" ] || echo "no$missing (Debian 12: clang-16 lld-16 wasi-libc libc++-16-dev-wasm32 libc++abi-16-dev-wasm32 libclang-rt-16-dev-wasm32)"; exit 0 ;;
esac

name=$1 folder=chapters/$1 out=build/live/$1
mkdir -p "$out"
printf '  %-8s %s\n' live "$folder/live.cpp"
objects=
flags=$(sed -n 's,^// flags: *,,p' "$folder/live.cpp")
for source in common/live/wasm "$folder/live" $(sed -n 's,^// sources: *,,p' "$folder/live.cpp"); do
  case $source in */*) ;; *) source=$folder/$source ;; esac
  object=$out/$(echo "$source" | tr / _).o
  objects="$objects $object"
  # What it was made of has not changed since. The compiler's list: `target: files \`, then `file:` for each header.
  # shellcheck disable=SC2046
  if [ -e "${object%.o}.d" ] && [ -e "$object" ] && [ -z "$(find $(sed '/:$/d; s/^[^ ]*: //; s/\\$//' "${object%.o}.d") "$folder/live.cpp" common/live/build.sh -newer "$object" 2>&1)" ]; then continue; fi
  # As small as can be; no multiplication and addition fused, as in the native programs. The stubs stand before the system's headers.
  # shellcheck disable=SC2086
  "$cxx" --target=wasm32-wasi -std=c++20 -Oz -ffp-contract=off -ffunction-sections -fdata-sections -nostdinc++ -isystem $headers \
    -I. -Icommon/live/stubs $flags -MMD -MP -MT "$out.html" -c "$source.cpp" -o "$object"
done
# shellcheck disable=SC2086
"$cxx" --target=wasm32-wasi -mexec-model=reactor -Wl,--strip-all,--gc-sections $objects -o "$out.wasm"
command=$(sed -n 's,^// data: *,,p' "$folder/live.cpp")
[ -z "$command" ] || sh -c "$command" >"$out.data"
{
  printf '<style>\n%s\n</style>\n<script type="module">\n' "$(cat common/live/live.css)"
  cat common/live/live.js "$folder/live.js"
  printf 'put_in_page(figure, "%s"' "$(base64 "$out.wasm" | tr -d '\n')"
  [ -z "$command" ] || printf ', "%s"' "$(gzip -9 -n -c "$out.data" | base64 | tr -d '\n')"
  printf ');\n</script>\n'
} >"$out.html.new"
mv "$out.html.new" "$out.html"
