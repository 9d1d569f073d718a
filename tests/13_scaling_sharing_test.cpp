// How messages share the ports of routes with two and with four of them, by both rules, beside a plain and slow reference.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "chapters/13_scaling/network.h"
#include "tests/13_random_programs.h"

namespace {

using random_programs::Dice;

struct Flow {
  double begin;
  int from, to;
  double bytes;
};
struct Case {
  Cluster cluster;
  int ranks;
  std::vector<Flow> flows;
};

// When the last byte of each has left. The flows are told in this order, with these numbers.
std::vector<double> ends_of(const Case& c, const std::vector<int>& order) {
  Events events;
  Network network(c.cluster, c.ranks, events);
  for (size_t i = 0; i < order.size(); ++i) events.insert({c.flows[size_t(order[i])].begin, Happens::message_begins, int(i)});
  std::vector<double> ends(c.flows.size(), -1);
  for (double now = 0;;) {
    if ((events.empty() || events.begin()->moment > now) && network.settle(now)) continue;
    if (events.empty()) return ends;
    const Event event = *events.begin();
    events.erase(events.begin());
    now = event.moment;
    const size_t flow = size_t(order[size_t(event.number)]);
    const Flow& f = c.flows[flow];
    if (event.what == Happens::message_begins)
      network.begin(now, event.number, f.from, flow, f.to, f.bytes);
    else
      network.end(now, event.number), ends[flow] = now;
  }
}
std::vector<int> in_order(const Case& c) {
  std::vector<int> order(c.flows.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// The rates of flows with these routes. Max-min: all rates rise together; where a port is full, its flows stay as they are.
std::vector<double> rates_by_the_rule(bool max_min, const Topology& t, const std::vector<Route>& routes) {
  std::map<int, double> left;
  std::map<int, int> rising;
  for (const Route& route : routes)
    for (const int port : route) left[port] = t.bytes_per_second(port), ++rising[port];
  std::vector<double> rates(routes.size(), 0);
  std::vector<bool> stays(routes.size(), false);
  if (!max_min)
    for (size_t i = 0; i < routes.size(); ++i) {
      rates[i] = 1e300;
      for (const int port : routes[i]) rates[i] = std::min(rates[i], left[port] / rising[port]);
    }
  while (max_min && std::ranges::count(stays, false) > 0) {
    double step = 1e300;
    for (const auto& [port, flows] : rising)
      if (flows > 0) step = std::min(step, left[port] / flows);
    for (auto& [port, bytes] : left) bytes -= step * rising[port];
    for (size_t i = 0; i < routes.size(); ++i) {
      if (stays[i]) continue;
      rates[i] += step;
      stays[i] = std::ranges::any_of(routes[i], [&](int port) { return left[port] < 1e-9 * t.bytes_per_second(port); });
    }
    for (auto& [port, flows] : rising) flows = 0;
    for (size_t i = 0; i < routes.size(); ++i)
      for (const int port : routes[i]) rising[port] += !stays[i];
  }
  return rates;
}

// From each moment to the next one all rates are found anew.
std::vector<double> ends_by_the_rule(const Case& c) {
  const Topology t(c.cluster, c.ranks);
  std::vector<double> left, ends(c.flows.size(), -1);
  for (const Flow& f : c.flows) left.push_back(f.bytes);
  for (double now = 0;;) {
    std::vector<size_t> flying;
    std::vector<Route> routes;
    double next = 1e300;
    for (size_t i = 0; i < c.flows.size(); ++i) {
      if (ends[i] >= 0) continue;
      if (c.flows[i].begin > now) {
        next = std::min(next, c.flows[i].begin);
      } else if (left[i] <= 1e-9) {
        ends[i] = now;
      } else {
        flying.push_back(i);
        routes.push_back(t.route(c.flows[i].from, c.flows[i].to));
      }
    }
    const std::vector<double> rates = rates_by_the_rule(c.cluster.max_min, t, routes);
    for (size_t k = 0; k < flying.size(); ++k) next = std::min(next, now + left[flying[k]] / rates[k]);
    if (next == 1e300) return ends;
    for (size_t k = 0; k < flying.size(); ++k) left[flying[k]] -= rates[k] * (next - now);
    now = next;
  }
}

// Islands, racks and rails, so that many routes have four ports.
Case random_case(uint64_t seed, bool max_min) {
  Dice dice(seed);
  const bool round = dice.below(2) == 0;
  Case c;
  c.cluster.ranks_per_node = 2 * (1 + dice.below(3));
  c.cluster.cards_per_node = 1 + dice.below(c.cluster.ranks_per_node);
  c.cluster.ranks_per_island = dice.below(2) ? c.cluster.ranks_per_node / 2 : 0;
  c.cluster.nodes_per_rack = dice.below(3);
  c.cluster.rails = dice.below(2) == 0;
  c.cluster.oversubscription = 1 + dice.below(4);
  c.cluster.inside = {.bytes_per_second = 96};
  c.cluster.island_bytes_per_second = 48;
  c.cluster.between = {.bytes_per_second = 32};
  c.cluster.max_min = max_min;
  c.ranks = c.cluster.ranks_per_node * (1 + dice.below(4));
  for (int n = 1 + dice.below(25); n > 0; --n) {
    const int from = dice.below(c.ranks), to = (from + 1 + dice.below(c.ranks - 1)) % c.ranks;
    c.flows.push_back({round ? dice.below(4) : 4 * dice.between_0_and_1(), from, to, round ? 32.0 * dice.below(4) : 100 * dice.between_0_and_1()});
  }
  return c;
}

}  // namespace

// By hand: three messages to rank 2 have a third of its port each. Rank 1 sends one of them and one to rank 4, which has
// half of the port out of rank 1, or with max-min two thirds: what the other one leaves.
TEST(Sharing, OfTheExample) {
  Case c;
  c.cluster.between = {.bytes_per_second = 1};
  c.ranks = 5;
  c.flows = {{0, 0, 2, 4}, {0, 3, 2, 4}, {0, 1, 2, 4}, {0, 1, 4, 2}};
  EXPECT_EQ(ends_of(c, in_order(c)), (std::vector<double>{12, 12, 12, 4}));
  c.cluster.max_min = true;
  const std::vector<double> ends = ends_of(c, in_order(c)), right = {12, 12, 12, 3};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(ends[i], right[i], 1e-12) << i;
}

TEST(Sharing, GoesByTheRuleOnEveryRoute) {
  for (const bool max_min : {false, true}) {
    size_t long_routes = 0, longest_run = 0;
    for (uint64_t seed = 0; seed < 400; ++seed) {
      const Case c = random_case(seed, max_min);
      const Topology t(c.cluster, c.ranks);
      for (const Flow& f : c.flows) long_routes += t.route(f.from, f.to).ports == 4;
      longest_run = std::max(longest_run, c.flows.size());
      const std::vector<double> found = ends_of(c, in_order(c)), right = ends_by_the_rule(c);
      for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], right[i], 1e-6) << "seed " << seed << ", flow " << i << ", max-min " << max_min;
    }
    EXPECT_GT(long_routes, 1000u);
    EXPECT_EQ(longest_run, 25u);
  }
}

TEST(Sharing, IsTheSameInEveryOrder) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Case c = random_case(seed, true);
    std::vector<int> order = in_order(c);
    Dice(seed + 1).shuffle(order);
    ASSERT_EQ(ends_of(c, order), ends_of(c, in_order(c))) << "seed " << seed;
  }
}

// Whole programs as well: tests/13_scaling_engine_test.cpp has them with the other rule.
TEST(Sharing, OfRandomProgramsIsTheSameInEveryOrder) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    random_programs::Program p = random_programs::make(seed);
    p.cluster.max_min = true;
    Dice dice(~seed);
    ASSERT_EQ(random_programs::clocks(p, &dice), random_programs::clocks(p, nullptr)) << "seed " << seed;
  }
}
