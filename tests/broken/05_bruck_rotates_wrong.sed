# chapters/05_collectives/allgather.cpp 05_collectives_test Each/AllgatherTest.Exact/bruck
s/before_wrap = n - blocks.begin(rank)/before_wrap = blocks.begin(rank)/
