# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.*LateDevice
/^void Pipeline::send/,/^}/s/^    if (!message.stored) device_.end_copy_out(.*$//
