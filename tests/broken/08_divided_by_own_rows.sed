# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.EverySchedule*
s|head_->backward(mlp, batch.data, batch.order, rows, batch.rows, slot, m);|head_->backward(mlp, batch.data, batch.order, rows, rows.size(), slot, m);|
