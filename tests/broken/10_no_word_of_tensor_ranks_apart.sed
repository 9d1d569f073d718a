# chapters/10_hybrid/grid.cpp 10_programs_test Programs.WarnsOfTensorRanksOnSeveralHosts
s/int together = ranks_of(host) == shape.tensor;/int together = ranks_of(host) <= shape.tensor;/
