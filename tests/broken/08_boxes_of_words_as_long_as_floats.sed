# chapters/08_layer_splitting/pipeline_between_gpus.cpp 11_fewer_bits_between_gpus_test WordsBetweenGpus.HaveTheBits*
s/n = stores ? words_in_floats(size_t(rows_) \* n) : /n = /
