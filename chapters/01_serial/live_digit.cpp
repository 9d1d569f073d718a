#include "chapters/01_serial/live_digit.h"

#include <cmath>

std::vector<uint8_t> centred_digit(const std::string& painted) {
  constexpr int side = 28;
  const auto grey = [&](int row, int column) {
    const char c = painted[size_t(row * side + column)];
    return c <= '9' ? c - '0' : c - 'a' + 10;
  };
  double ink = 1e-9, x = 0, y = 0;  // all of it, and each grain's place added up
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column) {
      ink += grey(row, column);
      x += grey(row, column) * column;
      y += grey(row, column) * row;
    }
  const int right = int(std::lround(side / 2 - x / ink)), down = int(std::lround(side / 2 - y / ink));
  std::vector<uint8_t> pixels(side * side);
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column) {
      const int from_row = row - down, from_column = column - right;
      if (from_row < 0 || from_row >= side || from_column < 0 || from_column >= side) continue;
      pixels[size_t(row * side + column)] = uint8_t(17 * grey(from_row, from_column));
    }
  return pixels;
}
