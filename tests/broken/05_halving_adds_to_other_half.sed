# chapters/05_collectives/power_of_two.cpp 05_collectives_test Each/ReduceScatterTest.Exact/recursive_halving:Each/AllreduceTest.Exact/rabenseifner
s/add(sum + keep, source + keep/add(sum + keep, source + give/
