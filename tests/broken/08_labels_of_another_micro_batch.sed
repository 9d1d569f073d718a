# chapters/08_layer_splitting/pipeline_head.cpp 08_layer_splitting_test Pipeline.RunsOnSome*
s|gather_labels(host_labels_.data(), data, order, rows);|gather_labels(host_labels_.data(), data, order, {0, rows.size()});|
