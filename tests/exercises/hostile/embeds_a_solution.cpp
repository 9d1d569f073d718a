// says: does not compile
// walls only: without them, what is not hidden by its rights can be read
asm(".incbin \"REPOSITORY/solutions/01_serial/transposed_weights.cpp\"");
void weight_gradient(float*, const float*, const float*, int, int, int) {}
