#!/bin/sh
# build.sh slides/NN_topic.md: the deck as one file without links to others, build/slides/NN_topic.html.
# It is made again only if something in it has changed: the deck, a line that it shows, the theme.
set -eu
export LC_ALL=C CDPATH=''
deck=$1
out=build/slides/$(basename "$deck" .md)
mkdir -p build/slides
awk -f slides/theme/expand.awk "$deck" >"$out.new"
newer=$([ ! -e "$out.html" ] || find slides/theme slides/figures chapters/*/figures chapters/*/results -newer "$out.html" 2>/dev/null || true)
if [ -e "$out.html" ] && cmp -s "$out.new" "$out.md" && [ -z "$newer" ]; then
  rm "$out.new"
  exit 0
fi
printf '  %-8s %s\n' slides "$out.html"
mv "$out.new" "$out.md"
embed=--self-contained # until pandoc 2.18
if pandoc --help | grep -q -e --embed-resources; then embed='--embed-resources --standalone'; fi
# shellcheck disable=SC2086
pandoc --from markdown-implicit_figures-smart --to html5 --section-divs --mathml $embed --columns 1000 --fail-if-warnings \
  --lua-filter slides/theme/formulas.lua --metadata "chapter:$(basename "$deck" | cut -c 1-2)" --resource-path .:slides --template slides/theme/deck.html \
  --output "$out.html" "$out.md"
