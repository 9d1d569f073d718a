// Bad input ends a program with one clear line. Code that meets it throws Error; main() prints the line.
#pragma once

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

// What the user gave cannot be used. The text names the file or option, what is wrong and the offending value.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
  virtual int status() const { return 1; }  // of the program that ends with it
};

// Ends the program at once, wherever it is. An MPI program sets it to something that calls MPI_Abort: the other ranks would
// wait for ever for one that simply left.
inline void (*end_program)(int status) = std::_Exit;

// The last line of every serial main():  `int main(...) try { ... } catch (const Error& error) { return fail(error); }`
inline int fail(const Error& error) {
  std::cout.flush();
  std::cerr << "error: " << error.what() << std::endl;
  return error.status();
}
