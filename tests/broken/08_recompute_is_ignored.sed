# chapters/08_layer_splitting/pipeline_options.cpp 08_layer_splitting_measuring_test Report.Tells*
s/int(micro_batches), int(recompute));/int(micro_batches), 1);/
