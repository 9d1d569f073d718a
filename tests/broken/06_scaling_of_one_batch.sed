# chapters/06_data_parallel/scaling.cpp 06_data_parallel_settings_test Settings.OfScaling*
s/^  o.batch = batch;//
