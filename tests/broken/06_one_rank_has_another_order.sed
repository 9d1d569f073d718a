# chapters/06_data_parallel/data_parallel_report.cpp 06_data_parallel_programs_test Train.ComparesItself*
s/options_.reproducible || ranks_ == 1;/options_.reproducible;/
