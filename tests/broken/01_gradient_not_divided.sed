# chapters/01_serial/head.cpp 01_serial_test Gradients.*
s|1.0f / float(batch_rows)|1.0f|
