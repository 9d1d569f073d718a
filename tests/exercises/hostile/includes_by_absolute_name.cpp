// says: does not compile
// REPOSITORY is replaced by the test with this repository's own folder.
#include "REPOSITORY/solutions/01_serial/transposed_weights.cpp"
