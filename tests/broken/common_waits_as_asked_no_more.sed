# tests/run common_runner_test RunnerOfRanks.*
s/  if \[ -z "\$asked_wait" \]; then/  if true; then/
