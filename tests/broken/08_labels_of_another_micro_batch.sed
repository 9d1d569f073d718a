# chapters/08_layer_splitting/pipeline_head.cpp 08_layer_splitting_test Pipeline.RunsOnSome*
s|head_.load_labels(data, order, rows, slot);|head_.load_labels(data, order, {0, rows.size()}, slot);|
