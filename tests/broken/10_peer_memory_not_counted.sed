# chapters/10_hybrid/grid_footprint.cpp 10_hybrid_gpus_test BetweenGpus.Costs*
s/ + (peers ? bytes_between_gpus.* : 0),/,/
