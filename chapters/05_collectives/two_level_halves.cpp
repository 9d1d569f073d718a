#include "chapters/05_collectives/two_level_halves.h"

#include <algorithm>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/scratch.h"
#include "chapters/05_collectives/words.h"
#include "common/mpi/session.h"

// The name of a node is its lowest rank.
Nodes nodes_of(MPI_Comm comm) {
  const int rank = rank_of(comm);
  MPI_Comm node;
  MPI_CHECK(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node));
  int name = rank;
  MPI_CHECK(MPI_Bcast(&name, 1, MPI_INT, 0, node));
  MPI_CHECK(MPI_Comm_free(&node));
  std::vector<int> names(size_t(ranks_of(comm)));
  MPI_CHECK(MPI_Allgather(&name, 1, MPI_INT, names.data(), 1, MPI_INT, comm));
  return make_nodes(names);
}

namespace {

// Passed on inside a node: such a message may overtake, and be overtaken by, those of other collectives.
constexpr int relay_tag = collective_tag + 1;

// The others of `group`, from the one behind `rank` on: no rank is everybody's first target.
std::vector<int> others(const std::vector<int>& group, int rank) {
  std::vector<int> result;
  const size_t place = size_t(std::ranges::find(group, rank) - group.begin());
  for (size_t step = 1; step < group.size(); ++step) result.push_back(group[(place + step) % group.size()]);
  return result;
}

struct Here {
  Here(size_t n, const Nodes& nodes, MPI_Comm comm)
      : blocks{n, ranks_of(comm)}, rank(rank_of(comm)), node(nodes.node_of[size_t(rank)]), owners(nodes.owners_of(rank)),
        neighbours(others(nodes.ranks[size_t(node)], rank)) {
    for (int other = 1; other < int(nodes.ranks.size()); ++other) other_nodes.push_back((node + other) % int(nodes.ranks.size()));
  }
  Blocks blocks;
  int rank, node;
  std::vector<int> owners, neighbours, other_nodes;
};

// format: what the sums of nodes travel as; null: floats.
void reduce_scatter(float* mine, const float* data, size_t n, const Nodes& nodes, MPI_Comm comm, const MessageFormat* format, float* memory) {
  const Here h(n, nodes, comm);
  const size_t size = h.blocks.size(h.rank);
  // Row p of what is collected: from the rank with place p in this node, the blocks of those for whom this rank stands.
  std::vector<size_t> offset(size_t(h.blocks.ranks));
  size_t row = 0;
  for (int owner : h.owners) offset[size_t(owner)] = row, row += h.blocks.size(owner);
  Scratch own_memory;
  if (!memory) own_memory = scratch(two_level_floats(n, nodes, h.rank)), memory = own_memory.get();
  float *const collected = memory, *const node_sums = collected + row * (h.neighbours.size() + 1), *const sums = node_sums + row;

  std::vector<uint16_t> own_words(format ? row : 0), their_words(format ? size * nodes.ranks.size() : 0);
  Pending inside, between;
  PendingWords words;
  for (int node : h.other_nodes) {
    const int from = nodes.deputy(h.rank, node);
    if (format) words.receive(their_words.data() + size_t(node) * size, size, from, comm);
    else between.receive(sums + size_t(node) * size, size, from, comm);
  }
  for (int from : h.neighbours)
    for (int owner : h.owners)
      inside.receive(collected + size_t(nodes.place_of[size_t(from)]) * row + offset[size_t(owner)], h.blocks.size(owner), from, comm);
  for (int to : h.neighbours)
    for (int owner : nodes.owners_of(to)) inside.send(data + h.blocks.begin(owner), h.blocks.size(owner), to, comm);
  inside.wait();

  const std::vector<int>& node = nodes.ranks[size_t(h.node)];
  for (int owner : h.owners) {
    const auto operand = [&](int place) -> const float* {
      if (node[size_t(place)] == h.rank) return data + h.blocks.begin(owner);
      return collected + size_t(place) * row + offset[size_t(owner)];
    };
    add_in_rank_order(node_sums + offset[size_t(owner)], operand, h.blocks.size(owner), int(node.size()));
  }
  if (format) {
    format->narrow(own_words.data(), node_sums, row);
    format->widen(node_sums, own_words.data(), row);
  }
  for (int owner : others(h.owners, h.rank)) {
    const size_t begin = offset[size_t(owner)];
    if (format) words.send(own_words.data() + begin, h.blocks.size(owner), owner, comm);
    else between.send(node_sums + begin, h.blocks.size(owner), owner, comm);
  }
  between.wait();
  words.wait();
  for (int other : h.other_nodes)
    if (format) format->widen(sums + size_t(other) * size, their_words.data() + size_t(other) * size, size);

  const auto sum_of = [&](int i) -> const float* { return i == h.node ? node_sums + offset[size_t(h.rank)] : sums + size_t(i) * size; };
  add_in_rank_order(mine, sum_of, size, int(nodes.ranks.size()));
}

template <class Number, class Gather>
void begin_allgather(Number* all, const Number* mine, size_t n, const Nodes& nodes, MPI_Comm comm, Gather& gather) {
  const Here h(n, nodes, comm);
  const auto receive = [&](auto& messages, int owner, int from, int tag) {
    messages.receive(all + h.blocks.begin(owner), h.blocks.size(owner), from, comm, tag);
  };
  for (int owner : others(h.owners, h.rank)) receive(gather.between, owner, owner, collective_tag);
  for (int from : h.neighbours) receive(gather.inside, from, from, collective_tag);
  for (int from : h.neighbours)
    for (int owner : others(nodes.owners_of(from), from)) receive(gather.inside, owner, from, relay_tag);

  const size_t size = h.blocks.size(h.rank);
  for (int node : h.other_nodes) gather.between.send(mine, size, nodes.deputy(h.rank, node), comm);
  for (int to : h.neighbours) gather.inside.send(mine, size, to, comm);
  if (mine != all + h.blocks.begin(h.rank)) std::copy_n(mine, size, all + h.blocks.begin(h.rank));
}

template <class Number, class Gather>
void end_allgather(Number* all, size_t n, const Nodes& nodes, MPI_Comm comm, Gather& gather) {
  const Here h(n, nodes, comm);
  gather.between.wait();
  for (int to : h.neighbours)
    for (int owner : others(h.owners, h.rank)) gather.inside.send(all + h.blocks.begin(owner), h.blocks.size(owner), to, comm, relay_tag);
  gather.inside.wait();
}

}  // namespace

void reduce_scatter_two_level(float* mine, const float* data, size_t n, const Nodes& nodes, MPI_Comm comm, float* memory) {
  reduce_scatter(mine, data, n, nodes, comm, nullptr, memory);
}

void reduce_scatter_two_level(float* mine, const float* data, size_t n, const Nodes& nodes, MPI_Comm comm, const MessageFormat& between,
                              float* memory) {
  reduce_scatter(mine, data, n, nodes, comm, nodes.ranks.size() > 1 ? &between : nullptr, memory);
}

void begin_allgather_two_level(float* all, const float* mine, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelGather& gather) {
  begin_allgather(all, mine, n, nodes, comm, gather);
}
void begin_allgather_two_level(uint16_t* all, const uint16_t* mine, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelWords& gather) {
  begin_allgather(all, mine, n, nodes, comm, gather);
}

void end_allgather_two_level(float* all, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelGather& gather) {
  end_allgather(all, n, nodes, comm, gather);
}
void end_allgather_two_level(uint16_t* all, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelWords& gather) {
  end_allgather(all, n, nodes, comm, gather);
}

void allgather_two_level(float* all, const float* mine, size_t n, const Nodes& nodes, MPI_Comm comm) {
  TwoLevelGather gather;
  begin_allgather_two_level(all, mine, n, nodes, comm, gather);
  end_allgather_two_level(all, n, nodes, comm, gather);
}
