# tests/run common_runner_test RunnerOfRanks.*
s/ && \[ "\$at_once" -gt 1 \] && ! grep/ \&\& ! grep/
