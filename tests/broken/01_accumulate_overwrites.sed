# chapters/01_serial/mlp.cpp 01_serial_test MicroBatches.*
s|linear_backward_weights(dw, x, dy, write,|linear_backward_weights(dw, x, dy, Write::overwrite,|
