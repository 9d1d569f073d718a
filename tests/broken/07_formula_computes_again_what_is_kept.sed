# chapters/07_sharded_optimizer/formulas.cpp 07_sharded_optimizer_live_test MemoryFormulas.*
s/options.recompute > 1/options.recompute >= 1/
