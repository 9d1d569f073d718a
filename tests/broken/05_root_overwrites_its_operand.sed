# chapters/05_collectives/reduce.cpp 05_collectives_test Each/ReduceTest.Exact/linear
s/if (result == data \&\& root > 0)/if (false)/
