# tests/run common_runner_test RunnerOfRanks.ShowsEach*
s/^  cat "$scratch\/$ended\/said"/  [ "$free" -lt "$at_once" ] || cat "$scratch"\/*\/said/
