// Bad input ends a program with one clear line. Code that meets it throws Error; main() prints the line.
#pragma once

#include <iostream>
#include <stdexcept>
#include <string>

#include "common/end_program.h"

// What the user gave cannot be used. The text names the file or option, what is wrong and the offending value.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
  virtual int status() const { return 1; }  // of the program that ends with it
};

// The last line of every serial main():  `int main(...) try { ... } catch (const Error& error) { return fail(error); }`
inline int fail(const Error& error) {
  std::cout.flush();
  std::cerr << "error: " << error.what() << std::endl;
  return error.status();
}
