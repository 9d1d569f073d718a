#include "chapters/12_restart/pictures.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "common/error.h"

namespace {

std::string read_file(const std::string& file) try {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file + ": cannot open: " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
} catch (const std::ios_base::failure&) {  // of the stream's buffer: a folder, say
  throw Error(file + ": cannot read: " + std::strerror(errno));
}

void require_length(const std::string& file, size_t found, size_t expected) {
  if (found != expected)
    throw Error(file + (found < expected ? ": cut short: " : ": too long: ") + std::to_string(found) + " bytes, expected " +
                std::to_string(expected));
}

void require_size(const std::string& file, const Dataset& d) {
  constexpr size_t most = 4096, most_images = 100'000'000;
  if (d.count < 1 || d.count > most_images || d.width < 1 || d.width > most || d.height < 1 || d.height > most)
    throw Error(file + ": " + std::to_string(d.count) + " pictures of " + std::to_string(d.width) + " x " +
                std::to_string(d.height) + " pixels");
}

Dataset parse_idx(const std::string& file, const std::string& bytes) {
  constexpr size_t header = 16;
  if (bytes.size() < header) require_length(file, bytes.size(), header);
  const auto number = [&](size_t at) {
    size_t value = 0;
    for (size_t i = at; i < at + 4; ++i) value = value << 8 | uint8_t(bytes[i]);
    return value;
  };
  Dataset d;
  d.count = number(4);
  d.height = number(8);
  d.width = number(12);
  require_size(file, d);
  require_length(file, bytes.size(), header + d.count * d.features());
  d.pixels.assign(bytes.begin() + header, bytes.end());
  return d;
}

// Reads a PGM file from its beginning to its end.
class Pgm {
 public:
  Pgm(const std::string& file, const std::string& bytes) : file_(file), bytes_(bytes) {}

  Dataset parse() {
    const bool binary = bytes_[1] == '5';
    Dataset d;
    d.count = 1;
    d.width = number("width");
    d.height = number("height");
    require_size(file_, d);
    white_ = number("value of white");
    if (white_ < 1 || white_ > 65535) throw Error(file_ + ": white is " + std::to_string(white_) + ", expected 1 to 65535");
    const size_t bytes_per_pixel = white_ < 256 ? 1 : 2;
    if (binary) require_length(file_, bytes_.size(), at_ + 1 + d.features() * bytes_per_pixel);
    ++at_;  // one white space behind the last number
    for (size_t i = 0; i < d.features(); ++i) d.pixels.push_back(scaled(binary ? raw(bytes_per_pixel) : number("pixel")));
    return d;
  }

 private:
  // The next decimal number; `#` begins a comment.
  size_t number(const char* what) {
    while (at_ < bytes_.size() && (std::isspace(uint8_t(bytes_[at_])) || bytes_[at_] == '#'))
      at_ = bytes_[at_] == '#' ? std::min(bytes_.find('\n', at_), bytes_.size()) : at_ + 1;
    size_t value = 0, digits = 0;
    for (; at_ < bytes_.size() && std::isdigit(uint8_t(bytes_[at_])) && digits < 9; ++at_, ++digits)
      value = 10 * value + size_t(bytes_[at_] - '0');
    if (digits == 0) throw Error(file_ + ": byte " + std::to_string(at_) + ": expected the " + what);
    return value;
  }
  size_t raw(size_t bytes) {
    size_t value = 0;
    for (; bytes > 0; --bytes) value = value << 8 | uint8_t(bytes_[at_++]);
    return value;
  }
  uint8_t scaled(size_t value) {
    if (value > white_) throw Error(file_ + ": a pixel of " + std::to_string(value) + ", white is " + std::to_string(white_));
    return uint8_t((value * 255 + white_ / 2) / white_);
  }

  const std::string& file_;
  const std::string& bytes_;
  size_t at_ = 2, white_ = 0;
};

}  // namespace

Dataset read_pictures(const std::string& file) {
  const std::string bytes = read_file(file);
  if (bytes.starts_with(std::string("\0\0\x08\x03", 4))) return parse_idx(file, bytes);
  if (bytes.starts_with("P5") || bytes.starts_with("P2")) return Pgm(file, bytes).parse();
  throw Error(file + ": neither an IDX file of images nor a PGM picture");
}

void invert(Dataset& pictures) {
  for (uint8_t& pixel : pictures.pixels) pixel = uint8_t(255 - pixel);
}

namespace {

// The first and the last of n lines that has ink, and one more on both sides.
Range with_ink(size_t n, auto has_ink) {
  size_t first = 0, last = n;
  while (first < n && !has_ink(first)) ++first;
  while (last > first && !has_ink(last - 1)) --last;
  return {first > 0 ? first - 1 : 0, std::min(last + 1, n)};
}

std::string bar(double probability) {
  char text[16];
  std::snprintf(text, sizeof text, "%6.2f %%  ", 100 * probability);
  return text + std::string(size_t(20 * probability + 0.5), '#');
}

}  // namespace

std::string draw(std::span<const uint8_t> pixels, size_t width, std::span<const double> probabilities) {
  constexpr char shades[] = " .:-=+*#%@";
  const size_t height = pixels.size() / width;
  const Range rows = with_ink(height, [&](size_t r) {
    return std::ranges::any_of(pixels.subspan(r * width, width), [](uint8_t p) { return p > 0; });
  });
  const Range columns = with_ink(width, [&](size_t c) {
    for (size_t r = 0; r < height; ++r)
      if (pixels[r * width + c] > 0) return true;
    return false;
  });

  std::string text;
  for (size_t line = 0; line < std::max(rows.size(), probabilities.size()); ++line) {
    std::string left;
    for (size_t c = columns.first; c < columns.last && line < rows.size(); ++c)
      left += std::string(2, shades[pixels[(rows.first + line) * width + c] * 9 / 255]);
    left.resize(2 * columns.size(), ' ');
    if (line < probabilities.size()) left += "    " + std::to_string(line) + "  " + bar(probabilities[line]);
    text += left.substr(0, left.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}
