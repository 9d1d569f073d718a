// says: does not compile
// walls only: without them, what is not hidden by its rights can be read
// REPOSITORY is replaced by the test with this repository's own folder.
#include "REPOSITORY/solutions/01_serial/transposed_weights.cpp"
