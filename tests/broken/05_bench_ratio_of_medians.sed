# chapters/05_collectives/bench.cpp 05_collectives_tables_test Bench.SummaryHas*
s|row.to_mpi.push_back(median(ratios));|row.to_mpi.push_back(median(of_variant) / median(mpi));|
