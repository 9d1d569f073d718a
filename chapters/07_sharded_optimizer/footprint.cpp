#include "chapters/07_sharded_optimizer/footprint.h"

#include <cstdio>

#include "chapters/05_collectives/nodes.h"

size_t gathered_again(const Shards& shards, int64_t keep_every, int rank) {
  size_t sum = 0;
  const int64_t last_stretch = (shards.units.back().last_layer - 1) / keep_every;
  for (size_t u = 0; u < shards.units.size(); ++u)
    if (shards.units[u].last_layer % keep_every != 0 && shards.units[u].first_layer / keep_every < last_stretch) sum += shards.part(u, rank).size();
  return sum;
}

Footprint predict(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank, size_t bytes) {
  const size_t all = shards.count(), shard = shards.size(rank), unit = shards.largest_unit();
  const size_t others = size_t(shards.ranks - 1), micro_batches = size_t(options.micro_batches);
  const size_t rounds = (micro_batches + others) / size_t(shards.ranks);
  const int level = int(options.level);

  const size_t in_use = options.prefetch ? shards.largest_unit(0, 2) + shards.largest_unit(1, 2) : unit;
  size_t parameters = level < 3 ? all : shard + in_use;
  size_t gradients = level < 2 ? all : shard + unit;
  if (level < 2 && rounds > 1) gradients += shard;
  const size_t masters = bytes < 4 ? 1 : 0, state = (size_t(state_vectors) + masters) * (level < 1 ? all : shard);

  // A rank reduces once for each of its micro-batches.
  const size_t reduce = (all - shard) * ((micro_batches + others - size_t(rank)) / size_t(shards.ranks));
  const Unit& first = shards.units.front();
  const size_t unused = first.last_layer == 1 ? shards.part(0, rank).size() : 0;  // in backward
  const size_t gather = others * (level < 3 ? shard : rounds * (2 * shard - unused + gathered_again(shards, options.recompute, rank)));
  const Nodes nodes = make_nodes(options.nodes.empty() ? std::vector<int>(size_t(shards.ranks)) : options.nodes);
  const size_t exchange = options.two_level ? two_level_floats(unit, nodes, rank) : others * shards.largest_part(rank);
  return {bytes * parameters, bytes * gradients, 4 * state, bytes * exchange, bytes * (reduce + gather)};
}

Footprint counted(const Device& device) {
  const auto peak = [&](Purpose purpose) { return device.memory(purpose).peak; };
  return {peak(Purpose::parameters), peak(Purpose::gradients), peak(Purpose::optimizer), peak(Purpose::exchange), 0};
}

void print_memory(const Device& device, const std::string& way) {
  const Footprint f = counted(device);
  const double mb = 1e-6;
  std::printf("memory of rank 0: weights %.2f MB, gradients %.2f MB, optimizer state %.2f MB, activations %.2f MB, exchange %.2f MB%s\n",
              mb * double(f.parameters), mb * double(f.gradients), mb * double(f.optimizer),
              mb * double(device.memory(Purpose::activations).peak), mb * double(f.exchange), way.c_str());
}
