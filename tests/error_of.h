// An error is asserted by its words: a test that asks for its type alone is content with any other error, too.
#pragma once

#include <stdexcept>
#include <string>

#include "common/error.h"

// What the Error of a call says, or "" if there is none.
inline std::string error_of(auto call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// The same of a mistake in the program itself, which no user can make.
inline std::string mistake_of(auto call) {
  try {
    call();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "";
}
