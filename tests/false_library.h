// A library that a test writes, in C, for one that this machine lacks.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/program.h"

inline void make_false_library(const std::string& file, const std::string& source, const std::string& soname) {
  std::ofstream(file + ".c") << source;
  const ProgramRun made = run_program("${CXX:-c++} -x c -shared -fPIC -Wl,-soname," + soname + " -o " + file + " " + file + ".c");
  EXPECT_EQ(made.status, 0) << made.output;
  std::filesystem::remove(file + ".c");
}

// The loader takes a library that is there already for the one of that name.
inline void* load_false_library(const std::string& source, const std::string& soname) {
  const std::string file = testing::TempDir() + std::to_string(getpid()) + "_" + soname;
  make_false_library(file, source, soname);
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_TRUE(library) << dlerror();
  std::filesystem::remove(file);
  return library;
}
