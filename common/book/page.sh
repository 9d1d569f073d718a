#!/bin/sh
# The book: every text of the repository as a page of HTML, with its pictures inside, for reading without a network.
#
#   page.sh TEXT.md     build/book/NAME.html: the text, with the list of all pages at its side
#   page.sh --files DIR build/book/NAME_files.html: the sources of a folder, in colours
# NAME is the folder's; the repository's own README becomes index.html.
set -eu
export LC_ALL=C CDPATH=''
texts="README.md $(ls chapters/*/README.md) chapters/glossary.md exercises/README.md slides/README.md $(ls common/*/README.md)"
name_of() { if [ "$1" = README.md ] || [ "$1" = . ]; then echo index; else basename "${1%/README.md}" .md; fi; }
raw() { echo "'$1'" | sed 's/_/\\_/g'; } # for pandoc, which reads strings of metadata as Markdown
title_of() { sed -n '/^# /{s/^# //p;q;}' "$1"; }

book=build/book
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$book"

if [ "$1" = --files ]; then files=yes text=$2/README.md; else files=no text=$1; fi
folder=$(dirname "$text")
here=$(name_of "$text")

# What the template wants to know: all pages, which one this is, the one before it and the one after it.
{
  echo 'pages:'
  before='' found=no
  for one in $texts; do
    [ -e "$one" ] || continue
    case $one in
      README.md) group=Start ;;
      chapters/*) group=Chapters ;;
      exercises/* | slides/*) group=Teaching ;;
      *) group=Tools ;;
    esac
    printf '  - { name: %s, title: "%s", group: "%s", open: %s }\n' "$(raw "$(name_of "$one")")" "$(title_of "$one" | sed 's/"/\\"/g')" \
      "$([ "$group" = "${last_group:-}" ] || echo "$group")" "$([ "$one" = "$text" ] && echo true || echo false)"
    last_group=$group
    if [ $found = yes ] && [ ! -e "$scratch/next" ]; then
      printf 'next: { name: %s, title: "%s" }\n' "$(raw "$(name_of "$one")")" "$(title_of "$one")" >"$scratch/next"
    fi
    if [ "$one" = "$text" ]; then
      found=yes
      [ -z "$before" ] || printf 'previous: { name: %s, title: "%s" }\n' "$(raw "$(name_of "$before")")" "$(title_of "$before")" >"$scratch/previous"
    fi
    before=$one
  done
  if [ $files = yes ]; then
    echo "files-page: true"
  else
    cat "$scratch/next" "$scratch/previous" 2>/dev/null || true
  fi
  case $folder in chapters/* | common/*) echo "sources: $(raw "$here")" ;; esac
} >"$scratch/pages.yaml"

if [ $files = yes ]; then
  out=$book/${here}_files.html
  title="$(title_of "$text"): the files"
  {
    find "$folder" -type f ! -name '*.md' ! -name '*.svg' ! -name '*.csv' | sort | while read -r file; do
      case $file in
        *.cpp | *.h | *.cu | *.cuh) language=cpp ;;
        *.sh) language=bash ;;
        *.lua) language=lua ;;
        *.css) language=css ;;
        *.js) language=javascript ;;
        *.html) language=html ;;
        *.awk) language='awk' ;;
        *) language=text ;;
      esac
      printf '\n## %s {id="%s"}\n\n~~~~~~~~~~ {.%s}\n' "${file#"$folder"/}" "${file#"$folder"/}" "$language"
      cat "$file"
      printf '\n~~~~~~~~~~\n'
    done
  } >"$scratch/text.md"
  set -- --from markdown "$scratch/text.md"
else
  out=$book/$here.html
  title=$(title_of "$text")
  set -- --from gfm+tex_math_dollars --mathml "$text"
fi
printf '  %-8s %s\n' book "$out"
if [ $files = no ] && [ -e "build/live/$here.html" ]; then set -- --include-after-body "build/live/$here.html" "$@"; fi
embed=--self-contained # until pandoc 2.18
if pandoc --help | grep -q -e --embed-resources; then embed='--embed-resources --standalone'; fi
# shellcheck disable=SC2086
BOOK_TEXT=$text pandoc --to html5 --toc --toc-depth 2 $embed --columns 1000 --fail-if-warnings --lua-filter slides/theme/formulas.lua \
  --metadata "pagetitle:$title" --metadata-file "$scratch/pages.yaml" --lua-filter common/book/links.lua \
  --resource-path ".:$folder" --template common/book/page.html --output "$out" "$@"
