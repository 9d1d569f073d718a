// Descriptions of clusters, and which ports messages go through on them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "chapters/13_scaling/topology.h"
#include "tests/13_simulated_ranks.h"
#include "tests/options_told.h"
#include "tests/program.h"

using namespace simulated_ranks;

namespace {

std::string described(const std::string& text) {
  const std::string file = testing::TempDir() + "cluster_" + std::to_string(getpid()) + ".txt";
  std::ofstream(file) << text;
  const std::string error = error_of([&] { load_cluster(file); });
  std::filesystem::remove(file);
  return error;
}

}  // namespace

TEST(Clusters, AllOfOursCanBeRead) {
  EXPECT_EQ(cluster_names(),
            (std::vector<std::string>{"ethernet", "gpu_pods", "infiniband", "two_cores", "two_cores_zen3"}));
  for (const std::string& name : cluster_names()) {
    const Cluster c = load_cluster(name);
    EXPECT_FALSE(c.title.empty()) << name;
    EXPECT_GE(c.between.alpha(false), c.inside.alpha(false)) << name;
    EXPECT_LE(c.between.bytes_per_second, 4 * c.inside.bytes_per_second) << name;
  }
  EXPECT_EQ(load_cluster("gpu_pods").cards_per_node, 8);
  EXPECT_EQ(load_cluster("two_cores").eager_bytes, 65536);
}

// Each number once, each with its unit.
TEST(Clusters, AreReadInTheirUnits) {
  const std::string file = testing::TempDir() + "cluster_" + std::to_string(getpid()) + ".txt";
  std::ofstream(file) << "# A title, with words\nranks-per-node 3 # and a comment\n\ncards-per-node 2\neager-kib 5\ninside-latency-us 7\n"
                         "inside-overhead-us 11\ninside-gap-us 53\nfifo-ports 1\nisland-gbyte-per-second 59\nranks-per-island 3\nnodes-per-rack 5\nrails 1\noversubscription 7\ninside-rendezvous-us 13\ninside-gbyte-per-second 17\nbetween-latency-us 19\n"
                         "between-overhead-us 23\nbetween-rendezvous-us 29\nbetween-gbyte-per-second 31\ntflop-per-second 37\n"
                         "memory-gbyte-per-second 41\nmemory-gbyte 43\nlaunch-us 47\nmultiprocessors 61\ntile-rows 67\ntile-columns 71\n"
                         "staging-gbyte-per-second 73\nhost-memory-gbyte-per-second 79\n";
  const Cluster c = load_cluster(file);
  std::filesystem::remove(file);
  EXPECT_EQ(c.title, "A title, with words");
  EXPECT_EQ(c.ranks_per_node, 3);
  EXPECT_EQ(c.cards_per_node, 2);
  EXPECT_EQ(c.eager_bytes, 5120);
  EXPECT_DOUBLE_EQ(c.inside.latency, 7e-6);
  EXPECT_DOUBLE_EQ(c.inside.overhead, 11e-6);
  EXPECT_DOUBLE_EQ(c.inside.rendezvous, 13e-6);
  EXPECT_DOUBLE_EQ(c.inside.bytes_per_second, 17e9);
  EXPECT_DOUBLE_EQ(c.between.latency, 19e-6);
  EXPECT_DOUBLE_EQ(c.between.overhead, 23e-6);
  EXPECT_DOUBLE_EQ(c.between.rendezvous, 29e-6);
  EXPECT_DOUBLE_EQ(c.between.bytes_per_second, 31e9);
  EXPECT_DOUBLE_EQ(c.operations_per_second, 37e12);
  EXPECT_DOUBLE_EQ(c.bytes_per_second, 41e9);
  EXPECT_DOUBLE_EQ(c.memory, 43e9);
  EXPECT_DOUBLE_EQ(c.launch, 47e-6);
  EXPECT_DOUBLE_EQ(c.staging_bytes_per_second, 73e9);
  EXPECT_DOUBLE_EQ(c.sum_bytes_per_second(), 79e9);
  EXPECT_TRUE(c.multiprocessors == 61 && c.tile_rows == 67 && c.tile_columns == 71 && c.products.empty());
  EXPECT_DOUBLE_EQ(c.inside.gap, 53e-6);
  EXPECT_DOUBLE_EQ(c.inside.alpha(false), 71e-6);
  EXPECT_DOUBLE_EQ(c.inside.alpha(true), 84e-6);
  EXPECT_TRUE(c.fifo_ports && !c.progress_alone && c.between.gap == 0);  // these need not be there
  EXPECT_EQ(c.ranks_per_island, 3);
  EXPECT_EQ(c.nodes_per_rack, 5);
  EXPECT_DOUBLE_EQ(c.island_bytes_per_second, 59e9);
  EXPECT_TRUE(c.rails && !c.round_robin);
  EXPECT_DOUBLE_EQ(c.oversubscription, 7);
  const Topology t(c, 9);
  EXPECT_TRUE(t.node_of(2) == 0 && t.node_of(3) == 1 && t.node_of(8) == 2);
  EXPECT_TRUE(&t.link(0, 2) == &c.inside && &t.link(2, 3) == &c.between);
}

TEST(Clusters, MistakesAreNamedWithTheirLine) {
  EXPECT_TRUE(contains(error_of([] { load_cluster("no_such"); }),
                       "cluster 'no_such': no such file, and none of ethernet, gpu_pods"));
  EXPECT_TRUE(contains(described("ranks-per-node 2\n"), ".txt:1: the first line must be a title"));
  EXPECT_TRUE(contains(described("# x\nranks-per-nod 2\n"), ".txt:2: unknown name 'ranks-per-nod'"));
  EXPECT_TRUE(contains(described("# x\n\nranks-per-node two\n"), ".txt:3: ranks-per-node needs one number"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 2 3\n"), "ranks-per-node needs one number"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 0\n"), "ranks-per-node is too small: the least is 1"));
  EXPECT_TRUE(contains(described("# x\ninside-latency-us nan\n"), "inside-latency-us"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 2\nranks-per-node 2\n"),
                       ".txt:3: ranks-per-node was given before"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 2\n"), "no line says cards-per-node"));
  EXPECT_TRUE(contains(described("# x\ninside-latency-us -1\n"), ".txt:2: inside-latency-us is too small: the least is 0"));
  EXPECT_TRUE(contains(described("# x\ntflop-per-second 0\n"), ".txt:2: tflop-per-second is too small: the least is 1e-6"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 0.5\n"), "ranks-per-node is too small: the least is 1"));
  EXPECT_TRUE(contains(described("# x\nmemory-gbyte inf\n"), "memory-gbyte"));
  EXPECT_TRUE(contains(described("# x\noversubscription 0.5\n"), ".txt:2: oversubscription is too small: the least is 1"));
  const std::string islands = "# x\nranks-per-node 8\nranks-per-island 3\ncards-per-node 1\neager-kib 1\ninside-latency-us 1\ninside-overhead-us 1\n"
                              "inside-rendezvous-us 1\ninside-gbyte-per-second 1\nbetween-latency-us 1\nbetween-overhead-us 1\nbetween-rendezvous-us 1\n"
                              "between-gbyte-per-second 1\ntflop-per-second 1\nmemory-gbyte-per-second 1\nmemory-gbyte 1\nlaunch-us 1\n";
  EXPECT_TRUE(contains(described(islands), ".txt: ranks-per-node 8 is no multiple of ranks-per-island 3"));
  for (const char* one : {"staging", "host-memory"})
    EXPECT_TRUE(contains(described(islands + one + "-gbyte-per-second 1\n"), ".txt: staging-gbyte-per-second and host-memory-gbyte-per-second belong together"));
  EXPECT_TRUE(contains(error_of([] { load_cluster("chapters"); }), "cluster 'chapters': no such file"));
}

// Each number at its least value is taken, and a bit below it is not; and of those that must be there, none may be missing.
TEST(Clusters, EveryNumberHasItsLeastValue) {
  const struct {
    const char *least, *below;
    std::vector<std::string> names;
  } groups[] = {
      {"1", "0.999", {"ranks-per-node", "cards-per-node", "ranks-per-island", "nodes-per-rack", "oversubscription", "multiprocessors", "tile-rows", "tile-columns"}},
      {"1e-6", "0.9e-6", {"tflop-per-second", "memory-gbyte-per-second", "island-gbyte-per-second", "inside-gbyte-per-second", "between-gbyte-per-second",
                            "staging-gbyte-per-second", "host-memory-gbyte-per-second"}},
      {"0", "-0.1", {"eager-kib", "memory-gbyte", "launch-us", "progress-alone", "one-connection", "fifo-ports", "max-min", "rails", "inside-latency-us", "inside-overhead-us",
                     "inside-gap-us", "inside-rendezvous-us", "between-latency-us", "between-overhead-us", "between-gap-us", "between-rendezvous-us"}}};
  const std::set<std::string> may_be_missing = {"progress-alone", "one-connection", "fifo-ports", "max-min", "ranks-per-island", "island-gbyte-per-second", "nodes-per-rack",
                                                "rails", "oversubscription", "inside-gap-us", "between-gap-us", "multiprocessors", "tile-rows", "tile-columns"};
  const auto file_with = [&](const std::string& name, const char* value) {  // value: null for none
    std::string text = "# x\n";
    for (const auto& group : groups)
      for (const std::string& other : group.names)
        if (other != name) text += other + " " + group.least + "\n";
        else if (value) text += name + " " + value + "\n";
    return described(text);
  };
  for (const auto& group : groups)
    for (const std::string& name : group.names) {
      EXPECT_EQ(file_with(name, group.least), "no error") << name;
      EXPECT_TRUE(contains(file_with(name, group.below), ": " + name + " is too small: the least is " + group.least));
      EXPECT_TRUE(contains(file_with(name, "inf"), ": " + name + " needs one number"));
      const std::string missing = file_with(name, nullptr);
      const bool is_told = contains(missing, ": no line says " + name) || (contains(missing, name) && contains(missing, " belong together"));
      EXPECT_TRUE(may_be_missing.contains(name) ? missing == "no error" : is_told) << missing;
    }
}

// ---- Which ports messages go through, by hand. Bandwidths are small numbers, and nothing else costs time ----

namespace {

Cluster bare(int ranks_per_node, int cards_per_node) {
  Cluster c;
  c.ranks_per_node = ranks_per_node;
  c.cards_per_node = cards_per_node;
  c.inside = {.bytes_per_second = 64};
  c.between = {.bytes_per_second = 8};
  return c;
}

struct Sent {
  int from, to;
};
// All of them have 8 bytes and begin at 0. When is each there?
std::vector<double> arrivals(const Cluster& c, int ranks, const std::vector<Sent>& messages) {
  std::vector<double> there(messages.size());
  for (size_t asked = 0; asked < messages.size(); ++asked)  // a receiver of two waits for one of them first
    simulate(c, ranks, [&] {
      char data[8] = {};
      std::vector<MPI_Request> requests;
      for (size_t i = 0; i < messages.size(); ++i) {
        const auto& [from, to] = messages[i];
        if (rank() == from) MPI_CHECK(MPI_Isend(data, 8, MPI_CHAR, to, int(i), MPI_COMM_WORLD, &requests.emplace_back()));
        if (rank() != to) continue;
        MPI_CHECK(MPI_Irecv(data, 8, MPI_CHAR, from, int(i), MPI_COMM_WORLD, &requests.emplace_back()));
        if (i != asked) continue;
        MPI_CHECK(MPI_Wait(&requests.back(), MPI_STATUS_IGNORE));
        there[i] = virtual_time();
      }
      MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
    });
  return there;
}
using Times = std::vector<double>;

}  // namespace

// Four nodes, two in a rack. Two cards of 8 bytes/s lie below a switch; a quarter of their 16 bytes/s can leave it.
TEST(Topology, RacksShareWhatLeavesTheirSwitch) {
  Cluster c = bare(1, 1);
  c.nodes_per_rack = 2;
  c.oversubscription = 4;
  EXPECT_EQ(arrivals(c, 4, {{0, 1}}), (Times{1}));                  // 8 bytes at 8
  EXPECT_EQ(arrivals(c, 4, {{0, 2}}), (Times{2}));                  // at 4
  EXPECT_EQ(arrivals(c, 4, {{0, 2}, {1, 3}}), (Times{4, 4}));       // at 2 each
  EXPECT_EQ(arrivals(c, 4, {{0, 2}, {3, 1}}), (Times{2, 2}));       // up and down are two ports
  EXPECT_EQ(arrivals(c, 6, {{0, 2}, {4, 3}}), (Times{4, 4}));       // from two racks into one
  EXPECT_EQ(arrivals(c, 4, {{0, 2}, {1, 0}}), (Times{2, 1}));       // who stays in the rack does not share
  c.oversubscription = 1;
  EXPECT_EQ(arrivals(c, 4, {{0, 2}, {1, 3}}), (Times{1, 1}));
  c.nodes_per_rack = 0;  // one switch for all
  c.oversubscription = 4;
  EXPECT_EQ(arrivals(c, 4, {{0, 2}, {1, 3}}), (Times{1, 1}));
}

// A node of six ranks, three in an island: 64 bytes/s inside, 4 out of an island and 4 into one.
TEST(Topology, IslandsShareWhatLeavesThem) {
  Cluster c = bare(6, 1);
  c.ranks_per_island = 3;
  c.island_bytes_per_second = 4;
  EXPECT_EQ(arrivals(c, 12, {{0, 2}}), (Times{0.125}));
  EXPECT_EQ(arrivals(c, 12, {{2, 3}}), (Times{2}));
  EXPECT_EQ(arrivals(c, 12, {{0, 3}, {2, 4}}), (Times{4, 4}));
  EXPECT_EQ(arrivals(c, 12, {{0, 3}, {3, 0}}), (Times{2, 2}));
  EXPECT_EQ(arrivals(c, 12, {{0, 3}, {6, 9}}), (Times{2, 2}));       // another node has islands of its own
  EXPECT_EQ(arrivals(c, 12, {{0, 9}, {1, 4}}), (Times{1, 2}));       // a message to another node does not go through them
}

// Nodes with two ranks, each with a card: cards with the same number have a switch. What goes from one rail to the other one leaves it: of three
// nodes' cards, 24 bytes/s, a sixth.
TEST(Topology, RailsAreSwitchesOfTheirOwn) {
  Cluster c = bare(2, 2);
  c.rails = true;
  c.oversubscription = 6;
  EXPECT_EQ(arrivals(c, 6, {{0, 2}, {1, 3}}), (Times{1, 1}));
  EXPECT_EQ(arrivals(c, 6, {{0, 3}}), (Times{2}));
  EXPECT_EQ(arrivals(c, 6, {{0, 3}, {2, 5}}), (Times{4, 4}));
  EXPECT_EQ(arrivals(c, 6, {{0, 3}, {1, 4}}), (Times{2, 2}));        // out of one rail and out of the other one
  c.rails = false;
  EXPECT_EQ(arrivals(c, 6, {{0, 3}, {2, 5}}), (Times{1, 1}));
  // With racks of one node a rail ends at the rack: only one card is below each switch, and a quarter of 8 bytes/s leaves it.
  c.rails = true;
  c.nodes_per_rack = 1;
  c.oversubscription = 4;
  EXPECT_EQ(arrivals(c, 6, {{0, 2}}), (Times{4}));
}

// Three nodes of two: filled one after the other, or dealt out: 0 and 3 are then on node 0, 1 and 4 on node 1.
TEST(Topology, RanksStandWhereTheyArePlaced) {
  Cluster c = bare(2, 1);
  for (const bool dealt : {false, true}) {
    c.round_robin = dealt;
    EXPECT_EQ(arrivals(c, 6, {{0, 1}}), (Times{dealt ? 1 : 0.125}));
    EXPECT_EQ(arrivals(c, 6, {{0, 3}}), (Times{dealt ? 0.125 : 1}));
    EXPECT_EQ(arrivals(c, 6, {{0, 2}, {3, 5}}), dealt ? (Times{2, 2}) : (Times{1, 1}));  // 0 and 3 share a card, 2 and 5 as well
    const Topology t(c, 6);
    for (int r = 0; r < 6; ++r) EXPECT_EQ(t.node_of(r), dealt ? r % 3 : r / 2);
    simulate(c, 6, [&] {
      MPI_Comm node;
      MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
      EXPECT_EQ(ranks_of(node), 2);
      EXPECT_EQ(rank_of(node), dealt ? rank() / 3 : rank() % 2);
      MPI_CHECK(MPI_Comm_free(&node));
    });
  }
}

// Three ranks on two nodes with a card each, each node a rack. Ports of ranks are 0 to 5, of islands 6 to 9, of cards 10 to 13, of switches 14 to
// 17. A message has half of its latency at its first port and half at its last; ports in the middle, and those of rank 2 inside, have none.
TEST(Platform, HasThePortsAndRoutesOfTheCluster) {
  const std::string file = testing::TempDir() + "platform_" + std::to_string(getpid()) + ".txt";
  std::ofstream(file) << "# Two racks\nranks-per-node 2\ncards-per-node 1\neager-kib 1\ninside-latency-us 6\ninside-overhead-us 1\ninside-rendezvous-us 1\n"
                         "inside-gbyte-per-second 3\nbetween-latency-us 10\nbetween-overhead-us 1\nbetween-rendezvous-us 1\nbetween-gbyte-per-second 2\n"
                         "tflop-per-second 1\nmemory-gbyte-per-second 1\nmemory-gbyte 1\nlaunch-us 1\nnodes-per-rack 1\noversubscription 4\n";
  const std::string program = build_folder() + "/chapters/13_scaling/platform ";
  const ProgramRun platform = run_program(program + "--ranks 3 --cluster " + file);
  std::filesystem::remove(file);
  const auto host = [](int r) { return "<host id=\"h" + std::to_string(r) + "\" speed=\"1Gf\"/>\n"; };
  const auto link = [](int p, const char* bytes_per_second, const char* us) {
    return "<link id=\"p" + std::to_string(p) + "\" bandwidth=\"" + bytes_per_second + "Bps\" latency=\"" + us + "us\" sharing_policy=\"SHARED\"/>\n";
  };
  const auto route = [](int from, int to, const std::vector<int>& ports) {
    std::string text = "<route src=\"h" + std::to_string(from) + "\" dst=\"h" + std::to_string(to) + "\" symmetrical=\"NO\">";
    for (int p : ports) text += "<link_ctn id=\"p" + std::to_string(p) + "\"/>";
    return text + "</route>\n";
  };
  std::string text = "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
                     "<platform version=\"4.1\"><zone id=\"cluster\" routing=\"Full\">\n" + host(0) + host(1) + host(2);
  for (int p = 0; p < 18; ++p)
    text += p < 4 ? link(p, "3000000000", "3.0000") : p < 6 ? link(p, "3000000000", "0.0000") : p < 10 ? link(p, "1000000000", "0.0000")
            : p < 14 ? link(p, "2000000000", "5.0000") : link(p, "500000000", "0.0000");
  text += route(0, 1, {0, 3}) + route(0, 2, {10, 14, 17, 13}) + route(1, 0, {2, 1}) + route(1, 2, {10, 14, 17, 13}) + route(2, 0, {12, 16, 15, 11}) +
          route(2, 1, {12, 16, 15, 11}) + "</zone></platform>\n";
  EXPECT_EQ(platform.output, text);
  EXPECT_EQ(platform.status, 0);
  EXPECT_EQ(options_told(run_program(program + "--help").output), "cluster TEXT [ethernet]\nranks N (1 to 4096) [64]\n");
  EXPECT_TRUE(contains(run_program(program + "--cluster moon").output, "error: cluster 'moon': no such file"));
}
