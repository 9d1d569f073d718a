# chapters/06_data_parallel/replicas.cpp 06_data_parallel_test Replicas.*
s/const Copy usual = \*std::ranges::max_element(copies, {}, equal_to);/const Copy usual = copies[0];/
