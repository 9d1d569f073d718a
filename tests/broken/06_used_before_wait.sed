# chapters/06_data_parallel/background_allreduce.cpp 06_data_parallel_test BackgroundAllreduce.*
s|if (!complete) return false;||
