#include "chapters/05_collectives/cost.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>

#include "chapters/05_collectives/collectives.h"
#include "common/error.h"

double Machine::exchange(double bytes) const {
  if (bytes == 0) return 0;
  auto piece = std::find_if(messages.begin(), messages.end(), [&](const Piece& p) { return bytes <= p.up_to_bytes; });
  if (piece == messages.end()) --piece;
  return piece->alpha + bytes * piece->beta;
}

// ---- the formulas ----------------------------------------------------------------------------------------------------

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

/// Folding in and out where ranks are no power of two.
double fold(double bytes, int ranks, const Machine& m) {
  return survivors(ranks) == ranks ? 0 : 2 * m.exchange(bytes) + m.addition(bytes);
}

double reduce_broadcast(double bytes, int ranks, const Machine& m) {
  return rounds_up(ranks) * (2 * m.exchange(bytes) + m.addition(bytes));
}

double recursive_doubling(double bytes, int ranks, const Machine& m) {
  return rounds_up(survivors(ranks)) * (m.exchange(bytes) + m.addition(bytes)) + fold(bytes, ranks, m);
}

double ring(double bytes, int ranks, const Machine& m) {
  const double block = bytes / ranks;
  return (ranks - 1) * (2 * m.exchange(block) + m.addition(block));
}

double rabenseifner(double bytes, int ranks, const Machine& m) {
  double seconds = fold(bytes, ranks, m);
  for (int parts = 2; parts <= survivors(ranks); parts *= 2)
    seconds += 2 * m.exchange(bytes / parts) + m.addition(bytes / parts);
  return seconds;
}

double rank_order(double bytes, int ranks, const Machine& m) {
  if (bytes <= short_vector * sizeof(float)) return (ranks - 1) * (m.exchange(bytes) + m.addition(bytes));
  return ring(bytes, ranks, m);  // as many messages, of the same lengths
}

constexpr const char* modelled[] = {"recursive-doubling", "rabenseifner", "ring", "rank-order", "reduce-broadcast"};

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

const Named<Allreduce>& choose_allreduce(size_t bytes, int ranks, const Machine& machine) {
  const auto cost = [&](const char* name) { return predicted_seconds(name, bytes, ranks, machine); };
  return find_allreduce(*std::min_element(std::begin(modelled), std::end(modelled),
                                          [&](const char* a, const char* b) { return cost(a) < cost(b); }));
}

// ---- the fit ---------------------------------------------------------------------------------------------------------

namespace {

struct Line {
  double alpha, beta, error;  // error: sum of squared relative errors
};

/// The line through samples that has the smallest squared relative errors, with alpha and beta not negative.
Line fit_line(std::span<const Sample> samples) {
  double w = 0, x = 0, xx = 0, y = 0, xy = 0;  // sums weighted by 1 / seconds^2
  for (const Sample& s : samples) {
    const double weight = 1 / (s.seconds * s.seconds);
    w += weight;
    x += weight * s.bytes;
    xx += weight * s.bytes * s.bytes;
    y += weight * s.seconds;
    xy += weight * s.bytes * s.seconds;
  }
  Line line{(y * xx - x * xy) / (w * xx - x * x), (w * xy - x * y) / (w * xx - x * x), 0};
  if (line.alpha < 0) line = {0, xy / xx, 0};
  if (line.beta < 0) line = {y / w, 0, 0};
  for (const Sample& s : samples) line.error += std::pow((line.alpha + line.beta * s.bytes) / s.seconds - 1, 2);
  return line;
}

}  // namespace

// best[k][end]: the smallest error of `k` lines through the first `end` samples, and where the last of them begins.
Machine fit_machine(std::span<const Sample> samples, double gamma, int pieces) {
  const size_t n = samples.size();
  const auto unsorted = [](const Sample& a, const Sample& b) { return !(a.bytes < b.bytes); };
  if (n < 2 || std::adjacent_find(samples.begin(), samples.end(), unsorted) != samples.end())
    throw Error("fit_machine: needs two samples or more, in ascending order of bytes, not " + std::to_string(n));
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
        const double error = best[k - 1][begin].error + fit_line(samples.subspan(begin, end - begin)).error;
        if (error < best[k][end].error) best[k][end] = {error, begin};
      }
  Machine machine{{}, gamma};
  size_t end = n;
  for (int k = pieces; k > 0; --k) {
    const size_t begin = best[k][end].begin;
    const Line line = fit_line(samples.subspan(begin, end - begin));
    machine.messages.insert(machine.messages.begin(), {samples[end - 1].bytes, line.alpha, line.beta});
    end = begin;
  }
  return machine;
}

// ---- files -----------------------------------------------------------------------------------------------------------

void save_machine(const Machine& machine, const std::string& file) {
  std::ofstream out(file);
  out << "# an exchange of up to this many bytes takes alpha seconds + beta seconds per byte\n" << std::setprecision(17);
  for (const Piece& piece : machine.messages)
    out << "piece " << piece.up_to_bytes << ' ' << piece.alpha << ' ' << piece.beta << '\n';
  out << "# adding two vectors takes gamma seconds per byte of the result\ngamma " << machine.gamma << '\n';
  if (!out.flush()) throw Error(file + ": cannot be written");
}

Machine load_machine(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw Error(file + ": cannot be opened");
  Machine machine{{}, -1};
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string word;
    Piece piece;
    fields >> word;
    if (word == "piece" && fields >> piece.up_to_bytes >> piece.alpha >> piece.beta) machine.messages.push_back(piece);
    else if (word != "gamma" || !(fields >> machine.gamma)) throw Error(file + ": not understood: " + line);
  }
  if (machine.messages.empty() || machine.gamma < 0) throw Error(file + ": needs pieces and gamma");
  return machine;
}
