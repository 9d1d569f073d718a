#!/bin/sh
# list.sh: the decks, with slides and minutes, as slides/README.md shows them.
set -eu
export LC_ALL=C CDPATH=''
for deck in slides/[0-9]*.md; do
  awk -f slides/theme/expand.awk "$deck" | awk -v name="$(basename "$deck" .md)" '
    /^slides: / && !slides { slides = $2 }
    /^minutes: / && !minutes { minutes = $2 }
    /^title: / && !title { title = substr($0, 8) }
    END { printf "%-20s %-42s %3d slides %4g minutes\n", name, title, slides, minutes }'
done
