#include "chapters/05_collectives/cost.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>

#include "chapters/05_collectives/collectives.h"
#include "common/error.h"

namespace {

double seconds(const Curve& line, double bytes) {
  if (bytes == 0) return 0;
  auto piece = std::ranges::find_if(line, [&](const Piece& p) { return bytes <= p.up_to_bytes; });
  if (piece == line.end()) --piece;
  return piece->alpha + bytes * piece->beta;
}

}  // namespace

double Machine::exchange(double bytes) const { return seconds(exchanges, bytes); }
double Machine::reduction(double bytes) const { return seconds(reductions, bytes); }
double Machine::reduction_of_sent(double bytes) const { return seconds(reductions_of_sent, bytes); }

// ---- the formulas ----

namespace {

int rounds_up(int ranks) {
  int rounds = 0;
  while (1 << rounds < ranks) ++rounds;
  return rounds;
}

int survivors(int ranks) {
  const int rounds = rounds_up(ranks);
  return 1 << rounds == ranks ? ranks : ranks == 1 ? 1 : 1 << (rounds - 1);
}

// Folding in and out where ranks are no power of two.
double fold(double bytes, int ranks, const Machine& m) {
  return survivors(ranks) == ranks ? 0 : m.reduction(bytes) + m.exchange(bytes);
}

double reduce_broadcast(double bytes, int ranks, const Machine& m) {
  return rounds_up(ranks) * (m.reduction(bytes) + m.exchange(bytes));
}

double recursive_doubling(double bytes, int ranks, const Machine& m) {
  return rounds_up(survivors(ranks)) * m.reduction_of_sent(bytes) + fold(bytes, ranks, m);
}

double ring(double bytes, int ranks, const Machine& m) {
  const double block = bytes / ranks;
  return (ranks - 1) * (m.reduction(block) + m.exchange(block));
}

double rabenseifner(double bytes, int ranks, const Machine& m) {
  double seconds = fold(bytes, ranks, m);
  for (int parts = 2; parts <= survivors(ranks); parts *= 2)
    seconds += m.reduction(bytes / parts) + m.exchange(bytes / parts);
  return seconds;
}

double rank_order(double bytes, int ranks, const Machine& m) {
  if (bytes <= short_vector * sizeof(float)) return (ranks - 1) * m.reduction_of_sent(bytes);
  return ring(bytes, ranks, m);  // as many messages, of the same lengths
}

constexpr const char* modelled[] = {"recursive-doubling", "rabenseifner", "ring", "rank-order",
                                    "reduce-broadcast"};

}  // namespace

std::span<const char* const> modelled_allreduces() { return modelled; }

double predicted_seconds(const std::string& name, double bytes, int ranks, const Machine& machine) {
  if (name == "recursive-doubling") return recursive_doubling(bytes, ranks, machine);
  if (name == "rabenseifner") return rabenseifner(bytes, ranks, machine);
  if (name == "ring") return ring(bytes, ranks, machine);
  if (name == "rank-order") return rank_order(bytes, ranks, machine);
  if (name == "reduce-broadcast") return reduce_broadcast(bytes, ranks, machine);
  throw Error("predicted_seconds: no formula for the allreduce '" + name + "'");
}

double overtakes(const std::string& name, int ranks, const Machine& machine) {
  constexpr double shortest = 8, longest = 1e8;
  const auto faster = [&](double bytes) {
    return predicted_seconds(name, bytes, ranks, machine) < predicted_seconds("recursive-doubling", bytes, ranks, machine);
  };
  double low = shortest, high = shortest;
  while (!faster(high) && high <= longest) low = high, high *= 1.01;
  if (high > longest) return 0;
  for (int halving = 0; halving < 50; ++halving) {
    const double middle = (low + high) / 2;
    (faster(middle) ? high : low) = middle;
  }
  return high;
}

const Named<Allreduce>& choose_allreduce(size_t bytes, int ranks, const Machine& machine) {
  const auto cost = [&](const char* name) { return predicted_seconds(name, bytes, ranks, machine); };
  return find_allreduce(*std::min_element(std::begin(modelled), std::end(modelled),
                                          [&](const char* a, const char* b) { return cost(a) < cost(b); }));
}

// ---- the fit ----

namespace {

struct Straight {
  double alpha, beta, error;  // error: sum of squared relative errors
};

// The straight line with the smallest squared relative errors, with alpha and beta not negative.
Straight fit_straight(std::span<const Sample> samples) {
  double w = 0, x = 0, xx = 0, y = 0, xy = 0;  // sums weighted by 1 / seconds^2
  for (const Sample& s : samples) {
    const double weight = 1 / (s.seconds * s.seconds);
    w += weight;
    x += weight * s.bytes;
    xx += weight * s.bytes * s.bytes;
    y += weight * s.seconds;
    xy += weight * s.bytes * s.seconds;
  }
  Straight line{(y * xx - x * xy) / (w * xx - x * x), (w * xy - x * y) / (w * xx - x * x), 0};
  if (line.alpha < 0) line = {0, xy / xx, 0};
  if (line.beta < 0) line = {y / w, 0, 0};
  for (const Sample& s : samples)
    line.error += std::pow((line.alpha + line.beta * s.bytes) / s.seconds - 1, 2);
  return line;
}

}  // namespace

// best[k][end]: the smallest error of `k` lines through the first `end` samples, and where the last of them begins.
Curve fit_curve(std::span<const Sample> samples, int pieces) {
  const size_t n = samples.size();
  const auto unsorted = [](const Sample& a, const Sample& b) { return !(a.bytes < b.bytes); };
  if (n < 2 || std::adjacent_find(samples.begin(), samples.end(), unsorted) != samples.end())
    throw Error("fit_curve: needs two samples or more, in ascending order of bytes, not " + std::to_string(n));
  pieces = std::min<int>(pieces, n / 2);
  struct Best {
    double error = std::numeric_limits<double>::infinity();
    size_t begin = 0;
  };
  std::vector<std::vector<Best>> best(pieces + 1, std::vector<Best>(n + 1));
  best[0][0].error = 0;
  for (int k = 1; k <= pieces; ++k)
    for (size_t end = 2 * k; end <= n; ++end)
      for (size_t begin = 2 * (k - 1); begin + 2 <= end; ++begin) {
        const double error =
            best[k - 1][begin].error + fit_straight(samples.subspan(begin, end - begin)).error;
        if (error < best[k][end].error) best[k][end] = {error, begin};
      }
  Curve line;
  size_t end = n;
  for (int k = pieces; k > 0; --k) {
    const size_t begin = best[k][end].begin;
    const Straight straight = fit_straight(samples.subspan(begin, end - begin));
    line.insert(line.begin(), {samples[end - 1].bytes, straight.alpha, straight.beta});
    end = begin;
  }
  return line;
}

// ---- files ----

namespace {

struct Step {
  const char* name;
  Curve Machine::*line;
};

constexpr Step steps[] = {{"exchange", &Machine::exchanges},
                          {"reduction", &Machine::reductions},
                          {"reduction-of-sent", &Machine::reductions_of_sent}};

}  // namespace

void write_machine(std::ostream& out, const Machine& machine, const std::string& prefix) {
  out << std::setprecision(17)
      << "# a step with up to so many bytes takes alpha seconds + beta seconds per byte\n";
  for (const Step& step : steps)
    for (const Piece& piece : machine.*step.line)
      out << prefix << step.name << ' ' << piece.up_to_bytes << ' ' << piece.alpha << ' ' << piece.beta << '\n';
}

void save_machine(const Machine& machine, const std::string& file) {
  std::ofstream out(file);
  write_machine(out, machine);
  if (!out.flush()) throw Error(file + ": cannot be written");
}

Machine load_machine(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw Error(file + ": cannot be opened");
  return read_machine(in, file);
}

Machine read_machine(std::istream& in, const std::string& file) {
  Machine machine;
  for (std::string text; std::getline(in, text);) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream fields(text);
    std::string name;
    Piece piece;
    fields >> name >> piece.up_to_bytes >> piece.alpha >> piece.beta;
    const auto step = std::ranges::find_if(steps, [&](const Step& s) { return name == s.name; });
    if (!fields || step == std::end(steps)) throw Error(file + ": not understood: " + text);
    (machine.*step->line).push_back(piece);
  }
  for (const Step& step : steps)
    if ((machine.*step.line).empty()) throw Error(file + ": says nothing about the step '" + step.name + "'");
  return machine;
}
