# chapters/01_serial/gradient_norm.cpp 01_serial_gradient_norm_test SquareSum.OfRanks*
s/^  sum.carry();.*//
