// The live figure of chapter 05 shows what the native collectives do over MPI: the same messages, the same sums. And the same costs.
// ranks: 2 7 8
// more ranks: 3 4 5
#include <bit>
#include <cmath>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "tests/live_figure.h"
#include "tests/mpi_expect.h"

namespace {

const std::string figure = "05_collectives";

struct Way {
  std::string name;
  void (*run)(float* x, float* mine, size_t n);
};
const std::vector<Way> ways = {
    {"allreduce: ring", [](float* x, float*, size_t n) { allreduce_ring(x, x, n, MPI_COMM_WORLD); }},
    {"allreduce: recursive-doubling", [](float* x, float*, size_t n) { allreduce_recursive_doubling(x, x, n, MPI_COMM_WORLD); }},
    {"allreduce: rabenseifner", [](float* x, float*, size_t n) { allreduce_rabenseifner(x, x, n, MPI_COMM_WORLD); }},
    {"allreduce: rank-order", [](float* x, float*, size_t n) { allreduce_rank_order(x, x, n, MPI_COMM_WORLD); }},
    {"allreduce: reduce-broadcast", [](float* x, float*, size_t n) { allreduce_reduce_broadcast(x, x, n, MPI_COMM_WORLD); }},
    {"reduce-scatter: ring", [](float* x, float* mine, size_t n) { reduce_scatter_ring(mine, x, n, MPI_COMM_WORLD); }},
    {"allgather: ring", [](float* x, float* mine, size_t n) { allgather_ring(x, mine, n, MPI_COMM_WORLD); }},
    {"allgather: bruck", [](float* x, float* mine, size_t n) { allgather_bruck(x, mine, n, MPI_COMM_WORLD); }},
    {"broadcast: tree", [](float* x, float*, size_t n) { broadcast_tree(x, n, 0, MPI_COMM_WORLD); }},
};

// Of all ranks, on every rank: how many messages each sends, then `to, floats` of each; and the first element of every block at the end.
struct Native {
  std::vector<std::vector<long long>> sent;
  std::vector<float> have;
};

Native run_natively(const Way& way, size_t n) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = ranks_of(MPI_COMM_WORLD);
  const Blocks blocks{n, ranks};
  std::vector<float> x(n, 0.0f);
  const bool gathers = way.name.starts_with("allgather"), spreads = way.name.starts_with("broadcast");
  for (size_t i = 0; i < n; ++i) {
    const bool mine = gathers ? i >= blocks.begin(rank) && i < blocks.end(rank) : !spreads || rank == 0;
    if (mine) x[i] = std::ldexp(1.0f, rank);
  }
  std::vector<Call> calls;
  log_calls(&calls);
  way.run(x.data(), x.data() + blocks.begin(rank), n);
  log_calls(nullptr);
  std::vector<long long> sent(64, -1);
  size_t at = 0;
  for (const Call& call : calls)
    if (call.to >= 0 && call.sent > 0) sent[at++] = call.to, sent[at++] = (long long)call.sent;
  std::vector<long long> all(size_t(ranks) * sent.size());
  MPI_CHECK(MPI_Allgather(sent.data(), int(sent.size()), MPI_LONG_LONG, all.data(), int(sent.size()), MPI_LONG_LONG, MPI_COMM_WORLD));
  Native native;
  for (int r = 0; r < ranks; ++r) native.sent.emplace_back(all.begin() + long(sent.size()) * r, all.begin() + long(sent.size()) * (r + 1));
  std::vector<float> first;
  for (int block = 0; block < ranks; ++block) first.push_back(x[blocks.begin(block)]);
  native.have.resize(size_t(ranks) * first.size());
  MPI_CHECK(MPI_Allgather(first.data(), ranks, MPI_FLOAT, native.have.data(), ranks, MPI_FLOAT, MPI_COMM_WORLD));
  return native;
}

int bits(double sum) { return std::popcount(unsigned(sum)); }

TEST(LiveCollectives, SendWhatTheNativeOnesSend) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const int ranks = ranks_of(MPI_COMM_WORLD);
  constexpr int most_steps = 15;
  std::vector<std::string> lines;
  std::vector<Native> natives;
  for (const Way& way : ways)
    for (int floats : {840, 8400}) {
      if (floats == 840 && way.name != "allreduce: rank-order") continue;  // where short vectors go another way
      natives.push_back(run_natively(way, size_t(floats)));
      for (int step = 0; step < most_steps; ++step)
        lines.push_back("way " + way.name + "; ranks " + std::to_string(ranks) + "; floats " + std::to_string(floats) + "; step " + std::to_string(step));
    }
  if (rank_of(MPI_COMM_WORLD) != 0) return;

  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t k = 0; k < natives.size(); ++k) {
    const Native& native = natives[k];
    std::vector<std::vector<long long>> sent(size_t(ranks), std::vector<long long>{});
    std::vector<unsigned> heard(size_t(ranks), 0u);  // by rank: whose numbers it has had at first, or has been sent in the steps before
    for (int step = 0; step < most_steps; ++step) {
      const LiveAnswer& live = answers[k * most_steps + size_t(step)];
      SCOPED_TRACE(lines[k * most_steps + size_t(step)] + live.text("error"));
      const int steps = int(live.number("steps"));
      ASSERT_LT(steps, most_steps);
      ASSERT_EQ(live.number("step"), std::min(step, steps));
      int messages = 0, stripes = 0;
      std::vector<unsigned> on_its_way(size_t(ranks), 0u);
      std::vector<int> of_rank(size_t(ranks), 0), last_sums(size_t(ranks), 0);
      for (std::string place; live.has((place = "messages." + std::to_string(messages) + ".") + "from"); ++messages) {
        const int from = int(live.number(place + "from"));
        ++of_rank[size_t(from)];
        last_sums[size_t(from)] = bits(live.number(place + "whose"));
        // In an allgather a message has whole blocks, each of another rank.
        if (lines[k * most_steps].starts_with("way allgather")) { ASSERT_EQ(8400 / ranks * last_sums[size_t(from)], live.number(place + "floats")); }
        if (lines[k * most_steps].starts_with("way allreduce: ring") && step < ranks - 1) {
          // A partial sum has begun on the rank `step` to the left.
          unsigned expected = 0;
          for (int back = 0; back <= step; ++back) expected |= 1u << ((from - back + ranks) % ranks);
          ASSERT_EQ(live.number(place + "whose"), expected);
        }
        if (step > steps) continue;
        on_its_way[size_t(live.number(place + "to"))] |= unsigned(live.number(place + "whose"));
        sent[size_t(from)].insert(sent[size_t(from)].end(), {(long long)live.number(place + "to"), (long long)live.number(place + "floats")});
      }
      // In a tree everybody who has the vector sends it on: twice as many in each step.
      if (lines[k * most_steps].starts_with("way broadcast: tree") && std::has_single_bit(unsigned(ranks)) && step < steps) { ASSERT_EQ(messages, 1 << step); }
      for (int rank = 0; rank < ranks; ++rank) {
        if (of_rank[size_t(rank)] == 1) stripes += last_sums[size_t(rank)];
        for (int block = 0; block < ranks; ++block) {
          const double have = live.number("have." + std::to_string(rank) + "." + std::to_string(block));
          stripes += bits(have);
          if (step == 0) heard[size_t(rank)] |= unsigned(have);
          ASSERT_EQ(unsigned(have) & ~heard[size_t(rank)], 0u) << rank << " has numbers that are still on their way";
          if (step >= steps) { ASSERT_EQ(have, native.have[size_t(rank * ranks + block)]) << rank << ' ' << block; }
          // A ring leaves the vectors as they are until each rank has the sum of its own block; then each step brings one from the left.
          if (lines[k * most_steps].starts_with("way allreduce: ring")) {
            const bool there = (rank - block + ranks) % ranks <= step - (ranks - 1);
            ASSERT_EQ(have, there ? (1 << ranks) - 1 : 1 << rank) << rank << ' ' << block;
          }
        }
      }
      for (size_t rank = 0; rank < heard.size(); ++rank) heard[rank] |= on_its_way[rank];
      ASSERT_EQ(drawn(live, "message", "d").size(), size_t(messages));
      ASSERT_EQ(drawn(live, "stripe", "x").size(), size_t(stripes));
    }
    const LiveAnswer& end = answers[k * most_steps + most_steps - 1];
    double most_messages = 0, most_floats = 0;
    for (int rank = 0; rank < ranks; ++rank) {
      double floats = 0;
      for (size_t i = 1; i < sent[size_t(rank)].size(); i += 2) floats += double(sent[size_t(rank)][i]);
      most_messages = std::max(most_messages, double(sent[size_t(rank)].size() / 2));
      most_floats = std::max(most_floats, floats);
      sent[size_t(rank)].resize(native.sent[size_t(rank)].size(), -1);
      ASSERT_EQ(sent[size_t(rank)], native.sent[size_t(rank)]) << lines[k * most_steps] << ", rank " << rank;
    }
    ASSERT_EQ(end.number("most_messages"), most_messages);
    ASSERT_EQ(end.number("most_floats"), most_floats);
  }
}

TEST(LiveCollectives, CostWhatTheNativeFormulasSay) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  if (rank_of(MPI_COMM_WORLD) != 0) return;
  const int ranks = ranks_of(MPI_COMM_WORLD);
  struct Network { double alpha, beta, gamma; };
  std::vector<Network> networks;
  std::vector<std::string> lines;
  for (double alpha : {1, 10, 50})
    for (double beta : {0.05, 0.2, 1.0, 2.0})
      for (double gamma : {0.0, 0.25, 1.0}) {
        networks.push_back({alpha, beta, gamma});
        std::ostringstream line;
        line << "ranks " << ranks << "; floats 840; alpha " << alpha << "; beta " << beta << "; gamma " << gamma;
        lines.push_back(line.str());
      }
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t k = 0; k < lines.size(); ++k) {
    SCOPED_TRACE(lines[k] + answers[k].text("error"));
    const auto& [alpha, beta, gamma] = networks[k];
    const Piece exchange{1e9, alpha * 1e-6, beta * 1e-9}, reduction{1e9, alpha * 1e-6, beta * 1e-9 + gamma * 1e-9};
    const Machine machine{{exchange}, {reduction}, {reduction}};
    const std::vector<std::string> curves = drawn(answers[k], "curve", "points");
    ASSERT_EQ(curves.size(), 4u);
    size_t crossings = 0;
    for (size_t c = 0; c < curves.size(); ++c) {
      const std::string place = "curves." + std::to_string(c) + ".", name = answers[k].text(place + "name");
      std::istringstream points(curves[c]);
      double first_y = 0, first_log = 0;
      for (int i = 0; i <= 32; ++i) {
        const double bytes = answers[k].number("lengths." + std::to_string(i));
        ASSERT_NEAR(std::log10(bytes), 3 + i / 8.0, 1e-12);
        const double seconds = predicted_seconds(name, bytes, ranks, machine);
        ASSERT_EQ(answers[k].number(place + "seconds." + std::to_string(i)), seconds);
        double x = 0, y = 0;
        char comma = 0;
        points >> x >> comma >> y;
        ASSERT_NEAR(x, 62 + i / 32.0 * (760 - 62 - 14), 0.01);
        if (i == 0) first_y = y, first_log = std::log10(seconds);
        // As many powers of ten lower in the picture as it is less; 150 units for all that are shown, two to seven.
        if (i == 32) {
          const double powers = 150 * (std::log10(seconds) - first_log) / (first_y - y);
          ASSERT_NEAR(powers, std::round(powers), 0.01);
        }
      }
      const double from = overtakes(name, ranks, machine);
      ASSERT_EQ(answers[k].number(place + "from"), from);
      crossings += from > 0;
    }
    ASSERT_EQ(drawn(answers[k], "crossing", "cx").size(), crossings);
  }
}

TEST(LiveCollectives, ThePictureInTheTextIsTheFirstState) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  if (rank_of(MPI_COMM_WORLD) == 0) expect_same_picture(figure);
}

}  // namespace
