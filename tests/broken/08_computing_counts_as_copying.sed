# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpu_time_test Time.UntilTheDevice*
/^void Pipeline::send/,/^}/s/^    if (by_mpi() || message.data != place.data) waited = .*$//
