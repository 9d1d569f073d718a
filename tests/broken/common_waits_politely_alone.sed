# tests/run common_runner_test RunnerOfRanks.Starts*
s/  if \[ "$at_once" -gt 1 \] \&\& \[ $((ranks/  if [ $((ranks/
