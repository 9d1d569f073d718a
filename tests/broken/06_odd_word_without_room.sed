# chapters/06_data_parallel/rank_order_in_background.cpp 06_data_parallel_settings_test BackgroundMemory.Holds*
s| + sizeof(float) - 1) / sizeof(float)|) / sizeof(float)|
