# tests/run common_runner_test RunnerOfRanks.ARunTakes*
s/^  lanes=\$(((ranks \* at_once + cores - 1) \/ cores))/  lanes=$at_once/
