# tests/run common_runner_test RunnerOfRanks.Starts*
s/  if \[ "${LONG:-}" = yes \]; then listed/  if true; then listed/
