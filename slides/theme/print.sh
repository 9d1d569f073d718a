#!/bin/sh
# print.sh: each deck of build/slides as PDF, a slide a page, by a browser without a window.
set -eu
. slides/theme/browser.sh
if [ -z "$browser" ]; then echo '  skipped  PDF of the slides: no browser found (chromium); any browser can print build/slides/*.html'; exit 0; fi
for deck in build/slides/*.html; do
  pdf=${deck%.html}.pdf
  if [ -e "$pdf" ] && [ -z "$(find "$deck" -newer "$pdf")" ]; then continue; fi
  printf '  %-8s %s\n' print "$pdf"
  browse --no-pdf-header-footer --print-to-pdf="$pdf" "file://$PWD/$deck" 2>build/slides/print.log || { cat build/slides/print.log; exit 1; }
done
