# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.Hooks*
s|if (m == batch.last \&\& hooks|if (m == batch.first \&\& hooks|
