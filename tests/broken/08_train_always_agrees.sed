# chapters/08_layer_splitting/train.cpp 08_layer_splitting_measuring_test Train.*
s|return report.end(weights);|return report.end(weights), 0;|
