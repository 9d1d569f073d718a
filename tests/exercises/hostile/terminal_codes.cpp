// says: does not compile
// Codes that would clear a terminal, in a message of the compiler.
#error "]0;owned[2J PASSED"
