# tests/run common_runner_test RunnerOfRanks.LetsRanks*
s/else room=$((lanes \* cores)); fi/else room=$cores; fi/
