# tests/run common_runner_test RunnerOfRanks.*
s/^  if \[ -n "$order" \]; then CUDA_ON_CPU_ORDER=$order; export CUDA_ON_CPU_ORDER; fi/  :/
