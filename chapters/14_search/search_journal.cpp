#include "chapters/14_search/search_journal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <limits>
#include <sstream>

#include "common/error.h"
#include "common/hash.h"

namespace {

constexpr const char* header =
    "trial,rung,epochs,learning_rate,width,batch,seed,accuracy,loss,seconds,worker,check";

// What a line ends with: a changed byte makes another number, and a digit that is another one is no result.
std::string check_of(const std::string& line) {
  char text[20];
  std::snprintf(text, sizeof text, ",%016llx", (unsigned long long)hash_text(line));
  return text;
}

// NaN is written as an empty field: gnuplot and spreadsheets read it as "no value".
std::string number_or_nothing(double value) {
  char text[32] = "";
  if (std::isfinite(value)) std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

bool same(const Trial& a, const Trial& b) {
  return a.number == b.number && a.width == b.width && a.batch == b.batch && a.seed == b.seed &&
         a.learning_rate == b.learning_rate;
}

// "a,b,,c" -> {"a", "b", "", "c"}
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',')
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

// Throws std::exception if the line is not as `add` wrote it, or a field is no number.
Outcome parse(const std::string& checked, Trial* trial) {
  const std::string line = checked.substr(0, checked.rfind(','));
  if (checked != line + check_of(line)) throw Error("damaged");
  const std::vector<std::string> f = fields_of(line);
  if (f.size() != 11) throw Error("not 11 fields and a check");
  auto value = [&](size_t i) {
    return f[i].empty() ? std::numeric_limits<double>::quiet_NaN() : std::stod(f[i]);
  };
  *trial = {.number = std::stoi(f[0]),
            .width = std::stoi(f[4]),
            .batch = std::stoi(f[5]),
            .seed = std::stoi(f[6]),
            .learning_rate = std::stod(f[3])};
  return {.trial = trial->number,
          .rung = std::stoi(f[1]),
          .epochs = std::stoi(f[2]),
          .failed = f[7].empty() ? 1 : 0,
          .accuracy = value(7),
          .loss = value(8),
          .seconds = value(9)};
}

// A line that is not whole would become one with the next one.  Returns the length of the rest.
size_t cut_half_line(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const size_t whole = text.rfind('\n') + 1;  // npos + 1 is 0
  if (whole < text.size()) std::filesystem::resize_file(file, whole);
  return whole;
}

}  // namespace

SearchJournal::SearchJournal(const std::string& file, bool append) : file_(file) {
  if (file.empty()) return;
  const size_t kept = append ? cut_half_line(file) : 0;
  out_.open(file, append ? std::ios::app : std::ios::trunc);
  if (kept == 0) out_ << header << '\n';
  if (!out_.flush()) throw Error(file + ": cannot be written");
}

void SearchJournal::add(const Trial& trial, const Outcome& o, int worker) {
  if (file_.empty()) return;
  std::ostringstream line;
  line << o.trial << ',' << o.rung << ',' << o.epochs << ',' << number_or_nothing(trial.learning_rate) << ','
       << trial.width << ',' << trial.batch << ',' << trial.seed << ',' << number_or_nothing(o.accuracy)
       << ',' << number_or_nothing(o.loss) << ',' << number_or_nothing(o.seconds) << ',' << worker;
  out_ << line.str() << check_of(line.str()) << '\n';
  if (!out_.flush()) throw Error(file_ + ": cannot be written");
}

std::vector<Outcome> read_journal(const std::string& file, const std::vector<Trial>& trials) {
  std::ifstream in(file);
  if (!in) throw Error(file + ": cannot be read");
  std::string line;
  std::getline(in, line);
  if (in.eof() && std::string(header).starts_with(line)) return {};
  if (line != header) throw Error(file + ": not a record of a parameter search");
  std::vector<Outcome> outcomes;
  for (int number = 2; std::getline(in, line); ++number) {
    if (in.eof()) break;  // no line end: cut short
    const std::string place = file + ", line " + std::to_string(number) + ": ";
    Trial trial;
    try {
      outcomes.push_back(parse(line, &trial));
    } catch (const std::exception&) {
      std::ranges::replace_if(line, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
      throw Error(place + "not a result: " + line);
    }
    if (trial.number < 0 || size_t(trial.number) >= trials.size() ||
        !same(trial, trials[size_t(trial.number)]))
      throw Error(place + "trial " + std::to_string(trial.number) +
                  " belongs to another search (other --seed or --trials?)");
  }
  return outcomes;
}
