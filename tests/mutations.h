// Damaged copies of a small file, drawn: some bits are changed, pieces are cut out, doubled or filled, numbers are put in that somebody
// might forget. Whoever reads a million of them may refuse each in one line, and must not crash: make SANITIZE=address,undefined.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

inline std::string mutation(const std::string& good, std::mt19937_64& random) {
  std::string text = good;
  const auto draw = [&](size_t n) { return n == 0 ? 0 : size_t(random() % n); };
  for (size_t times = 1 + draw(4); times > 0; --times) {
    const size_t at = draw(text.size()), length = 1 + draw(std::min<size_t>(text.size() - at, 16));
    const std::string numbers[] = {"0", "-1", "4294967296", "99999999999999999999", "nan", std::string(4, '\xff'), std::string(4, '\0'), "\n", "\n\n"};
    switch (draw(6)) {
      case 0: case 1: if (!text.empty()) text[at] = char(text[at] ^ 1 << draw(8)); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(at, text.substr(draw(text.size()), length)); break;
      case 4: text.resize(at); break;
      case 5: text.replace(at, std::min(length, text.size() - at), numbers[draw(std::size(numbers))]); break;
    }
  }
  return text;
}

// How many are read: INPUTS=10 for ten percent of them.
inline int inputs(int all) {
  const char* percent = std::getenv("INPUTS");
  return percent ? all / 100 * std::atoi(percent) : all;
}

// What an error must be: one line of signs that every terminal shows.
inline bool in_one_line(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c <= '~'; });
}
