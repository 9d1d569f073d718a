#include "chapters/12_restart/npy.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "common/error.h"

std::string npy_header(const std::vector<size_t>& shape) {
  std::string sizes;
  for (size_t size : shape) sizes += std::to_string(size) + ", ";  // (10,) is a tuple, (10) a number
  sizes.resize(sizes.size() - (shape.size() > 1 ? 2 : 1));
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr size_t before = 10;
  text.append(63 - (before + text.size()) % 64, ' ');
  text += '\n';
  return std::string("\x93NUMPY\x01\0", 8) + char(text.size() % 256) + char(text.size() / 256) + text;
}

void write_npy(const std::string& file, std::span<const float> numbers, const std::vector<size_t>& shape) {
  std::ofstream out(file, std::ios::binary);
  out << npy_header(shape);
  out.write(reinterpret_cast<const char*>(numbers.data()), std::streamsize(numbers.size_bytes()));
  out.close();
  if (!out) throw Error(file + ": cannot be written: " + std::strerror(errno));
}
