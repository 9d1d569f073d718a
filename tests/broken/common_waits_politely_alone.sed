# tests/run common_runner_test RunnerOfRanks.*
s/if \[ "\$at_once" -le 1 \] || \[ /if [ /
