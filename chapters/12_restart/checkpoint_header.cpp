#include "chapters/12_restart/checkpoint_header.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "chapters/01_serial/layout.h"
#include "common/error.h"
#include "common/hash.h"

namespace {

constexpr char magic[] = "mlp checkpoint ";
constexpr char header_sum[] = "checksum of header ";
constexpr char number_sum[] = "checksum of numbers ";
constexpr char numbers_here[] = "32-bit float, little-endian";
static_assert(std::endian::native == std::endian::little && sizeof(float) == 4, "as checkpoints say");

std::string hexadecimal(uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", (unsigned long long)number);
  return text;
}

// Of a damaged file, for a message of one line.
std::string printable(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string join(const std::vector<int>& sizes) {
  std::string text;
  for (int size : sizes) text += (text.empty() ? "" : ",") + std::to_string(size);
  return text;
}

std::vector<int> split_sizes(const std::string& text) {
  std::vector<int> sizes;
  std::istringstream in(text);
  for (std::string size; std::getline(in, size, ',');) sizes.push_back(std::stoi(size));
  return sizes;
}

// The lines that the header's checksum covers.
std::string body_of(const CheckpointHeader& h) {
  std::string text = "sizes " + join(h.sizes) + "\nnumbers " + numbers_here + "\ndata " + h.data + "\nvectors " +
                     std::to_string(h.vectors) + "\nstep " + std::to_string(h.step) + "\n" + number_sum + hexadecimal(h.checksum) + "\n";
  for (const auto& [name, value] : h.options) text += "--" + name + " " + value + "\n";
  return text;
}

// What follows `key` if the line begins with it.
bool read_line(const std::string& line, const std::string& key, std::string& value) {
  if (!line.starts_with(key)) return false;
  value = line.substr(key.size());
  return true;
}

// Understands one line of the body; false if there is no such line, or its number is none.
bool take(const std::string& line, CheckpointHeader& h, std::string& numbers) try {
  std::string value;
  if (read_line(line, "sizes ", value)) h.sizes = split_sizes(value);
  else if (read_line(line, "numbers ", value)) numbers = value;
  else if (read_line(line, "data ", value)) h.data = value;
  else if (read_line(line, "vectors ", value)) h.vectors = std::stoi(value);
  else if (read_line(line, "step ", value)) h.step = std::stoull(value);
  else if (read_line(line, number_sum, value)) h.checksum = std::stoull(value, nullptr, 16);
  else if (const size_t space = line.find(' '); line.starts_with("--") && space != std::string::npos)
    h.options.emplace_back(line.substr(2, space - 2), line.substr(space + 1));
  else return false;
  return true;
} catch (const std::logic_error&) {  // of std::stoi and its like
  return false;
}

// Widths that there can be, and not so many numbers that a file of them could have no length.
bool names_a_network(const CheckpointHeader& h) {
  double numbers = h.vectors;
  for (int size : h.sizes) numbers *= size;
  const bool positive = std::ranges::all_of(h.sizes, [](int size) { return size > 0; });
  return h.sizes.size() >= 2 && positive && h.vectors >= 1 && h.vectors <= 100 && numbers < 1e15;
}

CheckpointHeader parse_body(const std::string& body, const std::string& file) {
  CheckpointHeader h;
  std::istringstream lines(body);
  std::string numbers;
  for (std::string line; std::getline(lines, line);)
    if (!take(line, h, numbers)) throw Error(file + ": damaged, its header has a line '" + printable(line) + "'");
  if (!names_a_network(h)) throw Error(file + ": damaged, its header names no network");
  if (numbers != numbers_here)
    throw Error(file + ": its numbers are '" + printable(numbers) + "', this program reads '" + numbers_here + "'");
  return h;
}

}  // namespace

size_t CheckpointHeader::parameters() const { return make_layout(sizes).count; }

const std::string* CheckpointHeader::option(const std::string& name) const {
  for (const auto& [key, value] : options)
    if (key == name) return &value;
  return nullptr;
}

std::string to_bytes(const CheckpointHeader& header) {
  const std::string body = body_of(header);
  std::string text = magic + std::to_string(CheckpointHeader::version) + "\n" + header_sum +
                     hexadecimal(hash_text(body)) + "\n" + body;
  if (text.size() > CheckpointHeader::bytes)
    throw Error("checkpoint: a header of " + std::to_string(text.size()) + " bytes, 4096 is the most");
  text.resize(CheckpointHeader::bytes, '\n');
  return text;
}

CheckpointHeader parse_checkpoint_header(const std::string& start, const std::string& file) {
  if (start.empty()) throw Error(file + ": is empty, not a checkpoint");
  if (!start.starts_with(magic)) throw Error(file + ": is not a checkpoint of this program");
  const size_t first_end = start.find('\n');
  const std::string version = start.substr(sizeof magic - 1, first_end - (sizeof magic - 1));
  if (version != std::to_string(CheckpointHeader::version))
    throw Error(file + ": is a checkpoint of format " + printable(version.substr(0, 20)) + ", this program reads format " +
                std::to_string(CheckpointHeader::version));
  if (start.size() < CheckpointHeader::bytes)
    throw Error(file + ": cut short: " + std::to_string(start.size()) + " bytes, its header alone has " +
                std::to_string(CheckpointHeader::bytes));

  const size_t second_end = start.find('\n', first_end + 1);
  std::string sum;
  if (second_end == std::string::npos ||
      !read_line(start.substr(first_end + 1, second_end - first_end - 1), header_sum, sum))
    throw Error(file + ": damaged, its header has no checksum");
  const size_t end = start.find("\n\n", second_end);
  const std::string body = start.substr(second_end + 1, end == std::string::npos ? end : end - second_end);
  if (hexadecimal(hash_text(body)) != sum)
    throw Error(file + ": damaged, the checksum of its header is " + hexadecimal(hash_text(body)) + ", not " + printable(sum));
  const CheckpointHeader header = parse_body(body, file);
  if (to_bytes(header) != start) throw Error(file + ": damaged, its header is not as this program writes it");
  return header;
}

std::string data_of(const Dataset& d) {
  uint64_t hash = hash_begin;
  for (uint8_t label : d.labels) hash = hash_on(hash, label);
  for (uint8_t pixel : d.pixels) hash = hash_on(hash, pixel);
  return std::to_string(d.count) + " x " + std::to_string(d.height) + " x " + std::to_string(d.width) + " pixels, " +
         std::to_string(d.classes) + " classes, checksum " + hexadecimal(hash);
}

std::string require_same_run(const CheckpointHeader& found, const CheckpointHeader& wanted, const std::string& file) {
  const std::string another = ", or --start-over to begin another run", last_bits = " device reproducible replicas tensor levels ";
  std::string only_bits;
  for (const auto& [name, value] : wanted.options) {
    if (name == "precision" || name == "messages") continue;
    const std::string* theirs = found.option(name);
    if (theirs && (*theirs == value || *theirs == "any" || value == "any")) continue;
    const std::string was = theirs ? "--" + name + " " + *theirs : "no such option";
    const std::string differs = "--" + name + " " + value + ": " + file + " was written with " + was;
    if (last_bits.find(" " + name + " ") == std::string::npos)
      throw Error(differs + "; give " + (theirs ? was : "it to the program that wrote it") + another);
    only_bits += (only_bits.empty() ? "" : "\n") + differs + ", so the last bits are not those of a run without a break";
  }
  for (const std::string name : {"precision", "messages"}) {  // not there: float
    const auto value = [&](const CheckpointHeader& h) { return h.option(name) ? *h.option(name) : "float"; };
    if (value(found) == value(wanted)) continue;
    only_bits += (only_bits.empty() ? "" : "\n") + ("--" + name + " " + value(wanted)) + ": " + file + " was written with --" + name + " " +
                 value(found) + "; its weights are floats, which the run goes on with";
  }
  if (found.data != wanted.data)
    throw Error(file + " was trained on other data: " + found.data + "; here are " + wanted.data + "; name their folder with --data" +
                another);
  return only_bits;
}
