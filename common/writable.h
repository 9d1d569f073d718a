// A file that a program writes when its work is done: whether it can is asked before the work.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/error.h"

// Throws Error if `file` cannot be written: a folder, a folder that is not there.  What is in the file stays; where there was none,
// there is none afterwards.  An empty name is no file.
inline void require_writable(const std::string& file) {
  if (file.empty()) return;
  const bool there = std::filesystem::exists(file);
  if (!std::ofstream(file, std::ios::app)) throw Error(file + ": cannot be written");
  if (!there) std::remove(file.c_str());
}
