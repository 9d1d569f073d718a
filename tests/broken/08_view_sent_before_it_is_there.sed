# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.*LateDevice
s/^    if (!by_mpi()) message.view.end_out();$//
