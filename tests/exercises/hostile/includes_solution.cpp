// says: does not compile
#include "../../../solutions/01_serial/transposed_weights.cpp"
