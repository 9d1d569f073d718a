# tests/run common_runner_test RunnerOfRanks.CrowdedRunsTakeTurns
s,2>/dev/null; then left=yes; continue; fi,2>/dev/null; then left=yes; break; fi,
