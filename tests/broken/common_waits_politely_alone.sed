# tests/run common_runner_test RunnerOfRanks.Starts*
s/if \[ "$guard" = no \] && \[ "$at_once" -gt 1 \] && /if [ "$guard" = no ] \&\& /
