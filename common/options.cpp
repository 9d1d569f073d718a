#include "common/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <sstream>

#include "common/error.h"

namespace {

std::string text(double number) {
  std::ostringstream out;
  out.precision(12);
  out << number;
  return out.str();
}

std::string text(int64_t number) { return std::to_string(number); }
std::string text(const std::string& word) { return word; }
template <class Element>
std::string text(const std::vector<Element>& list, const char* between) {
  std::string out;
  for (const Element& element : list) out += (out.empty() ? "" : between) + text(element);
  return out;
}

std::string text(const Bounds& bounds) {
  if (std::isfinite(bounds.low) && std::isfinite(bounds.high)) return text(bounds.low) + " to " + text(bounds.high);
  if (std::isfinite(bounds.low)) return "at least " + text(bounds.low);
  if (std::isfinite(bounds.high)) return "at most " + text(bounds.high);
  return "";
}

// The whole of `word` as a number within bounds.
template <class Number>
Number parse_number(const std::string& option, const std::string& word, const Bounds& bounds) {
  Number number{};
  const char* end = word.data() + word.size();
  const auto [rest, problem] = std::from_chars(word.data(), end, number);
  if (word.empty() || problem != std::errc() || rest != end || !std::isfinite(double(number)))
    throw Error("--" + option + ": '" + word + "' is not " + (std::is_integral_v<Number> ? "a whole number" : "a number") + " that fits");
  if (!(double(number) >= bounds.low && double(number) <= bounds.high))
    throw Error("--" + option + ": " + word + " is out of range, expected " + text(bounds));
  return number;
}

std::string with_range(const std::string& help, const Bounds& bounds) {
  const std::string range = text(bounds);
  return range.empty() ? help : help + " (" + range + ")";
}

}  // namespace

void Options::add(const std::string& name, int64_t* value, const std::string& help, Bounds bounds) {
  options_.push_back({name, "N", with_range(help, bounds), std::to_string(*value),
                      [=](const std::string& word) { *value = parse_number<int64_t>(name, word, bounds); }});
}

void Options::add(const std::string& name, double* value, const std::string& help, Bounds bounds) {
  options_.push_back({name, "X", with_range(help, bounds), text(*value),
                      [=](const std::string& word) { *value = parse_number<double>(name, word, bounds); }});
}

void Options::add(const std::string& name, bool* value, const std::string& help) {
  options_.push_back({name, "", help, "", [=](const std::string&) { *value = true; }});
}

void Options::add(const std::string& name, std::string* value, const std::string& help, std::vector<std::string> choices) {
  const std::string listed = text(choices, "|");
  options_.push_back({name, choices.empty() ? "TEXT" : listed, help, *value, [=](const std::string& word) {
                        if (!choices.empty() && std::find(choices.begin(), choices.end(), word) == choices.end())
                          throw Error("--" + name + ": '" + word + "' is not one of " + listed);
                        *value = word;
                      }});
}

void Options::add(const std::string& name, std::vector<int64_t>* value, const std::string& help, Bounds bounds) {
  options_.push_back({name, "N,N,..", with_range(help, bounds), value->empty() ? "none" : text(*value, ","), [=](const std::string& word) {
                        std::vector<int64_t> list;
                        std::istringstream in(word == "none" ? "" : word);
                        for (std::string element; std::getline(in, element, ',');)
                          list.push_back(parse_number<int64_t>(name, element, bounds));
                        if (word.empty() || word.back() == ',') throw Error("--" + name + ": '" + word + "' is not a list like 512,256");
                        *value = list;
                      }});
}

const Options::Option& Options::find(const std::string& name) const {
  for (const Option& option : options_)
    if (option.name == name) return option;
  throw Error("unknown option --" + name + " (--help lists the options)");
}

bool Options::parse(int argc, const char* const* argv, bool quiet) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      if (!quiet) std::cout << help();
      return false;
    }
    if (!argument.starts_with("--")) throw Error("unexpected argument '" + argument + "' (--help lists the options)");
    const size_t equals = argument.find('=');
    const Option& option = find(argument.substr(2, equals == std::string::npos ? equals : equals - 2));
    if (option.value_name.empty()) {
      if (equals != std::string::npos) throw Error("--" + option.name + " takes no value");
      option.set("");
    } else if (equals != std::string::npos) {
      option.set(argument.substr(equals + 1));
    } else if (++i < argc) {
      option.set(argv[i]);
    } else {
      throw Error("--" + option.name + " needs a value");
    }
  }
  return true;
}

std::string Options::help() const {
  std::ostringstream out;
  out << summary_ << "\n\noptions:\n";
  auto left_of = [](const Option& option) { return "--" + option.name + (option.value_name.empty() ? "" : " " + option.value_name); };
  size_t width = 6;
  for (const Option& option : options_) width = std::max(width, left_of(option).size());
  for (const Option& option : options_) {
    std::string left = left_of(option);
    left.resize(width, ' ');
    out << "  " << left << "  " << option.help;
    if (!option.default_text.empty()) out << " [" << option.default_text << "]";
    out << "\n";
  }
  out << "  "
      << "--help" << std::string(width - 6, ' ') << "  this text\n";
  return out.str();
}
