# chapters/05_collectives/reduce_scatter.cpp 05_collectives_test Each/ReduceScatterTest.Exact/ring:Each/AllreduceTest.Exact/ring
s/received.get(), data + blocks.begin(take)/received.get(), data + blocks.begin(give)/
