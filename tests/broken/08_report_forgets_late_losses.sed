# chapters/08_layer_splitting/pipeline_report.cpp 08_layer_splitting_gpu_time_test Report.*
s|^                     pipeline_.waits_late());|                     false);|
