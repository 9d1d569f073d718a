#include "chapters/11_fewer_bits/sharded_masters.h"

#include "common/mpi/session.h"

MessageFormat messages_of(const char* name) { return {sixteen_bits(name).narrow, sixteen_bits(name).widen}; }

double step_together(Zero& zero, Device& device, double loss, LossScale& scale, MPI_Comm comm) {
  const Shards& shards = zero.shards();
  const auto own = [&](size_t unit) { return shards.part(unit, zero.rank()).size(); };
  bool found_finite = true;
  for (size_t u = 0; u < shards.units.size(); ++u) found_finite = found_finite && all_finite(device, zero.own_gradients(u), own(u));
  double together[2] = {loss, found_finite ? 0.0 : 1.0};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, together, 2, MPI_DOUBLE, MPI_SUM, comm));
  const bool finite = together[1] == 0;  // on all ranks
  if (finite) {
    for (size_t u = 0; u < shards.units.size(); ++u) device.scale(zero.own_gradients(u), float(1 / scale.value()), own(u));
    zero.step();
  }
  scale.adapt(finite);
  return together[0];
}

Footprint predict_sixteen_bits(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank) {
  const auto words = [](size_t n) { return 4 * ((n + 1) / 2); };  // two in the place of a float
  const size_t unit = shards.largest_unit();
  Footprint f = predict(shards, options, state_vectors, rank);
  if (options.level < 3) f.parameters += 4 * shards.size(rank);
  if (!options.two_level) f.exchange = words(size_t(shards.ranks - 1) * shards.largest_part(rank)) + words(unit);
  f.exchange += options.prefetch ? words(shards.largest_unit(0, 2)) + words(shards.largest_unit(1, 2)) : words(unit);
  f.sent = predict(shards, options, state_vectors, rank, 2).sent;
  return f;
}
