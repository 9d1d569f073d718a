# tests/run common_runner_test RunnerOfRanks.ARunTakes*
s/while \[ "$free" -lt "$lanes" \]; do show_next/while [ "$free" -lt 1 ]; do show_next/
