# chapters/01_serial/optimizer.cpp 01_serial_test Optimizer.*
s|throw Error("optimizer: .*|return UpdateRule::sgd;|
