# chapters/07_sharded_optimizer/formulas.cpp 07_sharded_optimizer_live_test MemoryFormulas.HaveTheValuesOfTheFootprint
s|(p - 1) · r · "|(p - 1) · "|
