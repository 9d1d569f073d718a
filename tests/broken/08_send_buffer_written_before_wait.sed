# chapters/08_layer_splitting/pipeline.cpp 08_layer_splitting_test Pipeline.MessagesKeep*
s|case Do::wait_for_send: wait_for_send(action.step); break;|case Do::wait_for_send: break;|
