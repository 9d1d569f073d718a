# chapters/06_data_parallel/data_parallel_options.cpp 06_data_parallel_test LearningRate.*
s|warm_up \* double(steps_per_epoch)|warm_up|
