# chapters/10_hybrid/timeline.sh common_scripts_test Timeline.OfTheGrid*
s/^trap 'rm -f "$trace"' EXIT$/trap 'true' EXIT/
