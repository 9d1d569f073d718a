# chapters/06_data_parallel/bucket_exchange.cpp 06_data_parallel_test EveryAllreduce.*
s|share(share(batch, |share(share(Range{batch.first, batch.last - batch.size() % size_t(ranks_)}, |
