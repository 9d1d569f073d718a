// Command-line options: declared once, with a default, a range and a line of help; --help is made from that.
//
//   Options options("Trains a network on one core.");
//   options.add("batch", &batch, "rows of a batch", at_least(1));
//   if (!options.parse(argc, argv)) return 0;   // --help was printed
//
// Both `--batch 64` and `--batch=64` are understood. The value that a variable has when it is added is its default.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

// The closed interval that a number must lie in.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};
inline Bounds at_least(double low) { return {.low = low}; }
inline Bounds between(double low, double high) { return {low, high}; }

class Options {
 public:
  explicit Options(std::string summary) : summary_(std::move(summary)) {}

  void add(const std::string& name, int64_t* value, const std::string& help, Bounds bounds = {});
  void add(const std::string& name, double* value, const std::string& help, Bounds bounds = {});
  void add(const std::string& name, bool* value, const std::string& help);  // a flag: takes no value
  void add(const std::string& name, std::string* value, const std::string& help,
           std::vector<std::string> choices = {});
  // A list of whole numbers, written 512,256; empty as "none".
  void add(const std::string& name, std::vector<int64_t>* value, const std::string& help, Bounds bounds = {});

  // Sets the variables. Returns false if --help was asked for (and prints it, unless quiet).
  // Throws Error: unknown option, missing value, not a number, out of range.
  bool parse(int argc, const char* const* argv, bool quiet = false);

  std::string help() const;

 private:
  struct Option {
    std::string name, value_name, help, default_text;
    std::function<void(const std::string&)> set;
  };
  const Option& find(const std::string& name) const;

  std::string summary_;
  std::vector<Option> options_;
};
