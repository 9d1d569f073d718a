# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_gpus_test *OnDevice.Reproducible*
s/if (kept_.empty()) device_.synchronize();//
