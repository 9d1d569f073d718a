# chapters/08_layer_splitting/pipeline.cpp 11_fewer_bits_grid_test Grid.Sends*
s/const MessageView view(device, p, n);/const MessageView view(device, p, n, false);/
