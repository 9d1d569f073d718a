# tests/run common_runner_test RunnerOfRanks.Starts*
s/then listed "more \$1" "\$2"/then listed "no $1" "$2"/
