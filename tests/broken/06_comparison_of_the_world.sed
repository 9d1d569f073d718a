# chapters/06_data_parallel/data_parallel_report.cpp 06_data_parallel_test Report.*
s/return on_rank_0(exchange_.communicator(), /return on_rank_0(MPI_COMM_WORLD, /
