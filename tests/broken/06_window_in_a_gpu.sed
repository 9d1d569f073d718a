# chapters/06_data_parallel/gradient_memory.h 06_data_parallel_gpus_test *AreRefused*
s|    if (device.name() != "cpu") throw.*||
