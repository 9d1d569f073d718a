# tests/run common_runner_test RunnerOfRanks.CrowdedRunsTakeTurns
s,if \[ "$crowds" = yes \] && ! mkdir "$scratch/turn" 2>/dev/null,if false,
