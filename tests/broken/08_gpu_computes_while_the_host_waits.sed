# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_gpu_time_test Time.OfAGpu*
s/^  if (clock_) time.computing = clock_->seconds();//
