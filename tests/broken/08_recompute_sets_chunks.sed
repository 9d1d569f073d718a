# chapters/08_layer_splitting/pipeline_options.cpp 08_layer_splitting_measuring_test Options.Reach*
s/options.add("recompute", &recompute,/options.add("recompute", \&chunks,/
