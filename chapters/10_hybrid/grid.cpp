#include "chapters/10_hybrid/grid.h"

#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"

GridPlace place_of(int rank, const GridShape& shape) {
  const int tensor = rank % shape.tensor, rest = rank / shape.tensor;
  return {rest % shape.data, rest / shape.data, tensor};
}

int rank_at(const GridPlace& place, const GridShape& shape) {
  return (place.pipeline * shape.data + place.data) * shape.tensor + place.tensor;
}

std::string to_string(const GridShape& shape) {
  return std::to_string(shape.data) + " x " + std::to_string(shape.pipeline) + " x " + std::to_string(shape.tensor);
}

namespace {

void require_product(const GridShape& shape, int ranks) {
  if (shape.ranks() != ranks)
    throw Error("--replicas " + std::to_string(shape.data) + " --pipeline " + std::to_string(shape.pipeline) + " --tensor " +
                std::to_string(shape.tensor) + " is a grid of " + std::to_string(shape.ranks()) + " ranks, there are " +
                std::to_string(ranks));
}

// Ranks with the same color come together, in the order of `key`.
MPI_Comm split(MPI_Comm comm, int color, int key, const char* name) {
  MPI_Comm part;
  MPI_CHECK(MPI_Comm_split(comm, color, key, &part));
  MPI_CHECK(MPI_Comm_set_name(part, name));
  return part;
}

}  // namespace

Grid::Grid(const GridShape& grid_shape, MPI_Comm comm)
    : shape(grid_shape), place(place_of(rank_of(comm), grid_shape)), all_(comm) {
  require_product(shape, ranks_of(comm));
  // The color is the rank of the first of those who come together: what they have in common, and nobody else has.
  data_ = split(comm, rank_at({0, place.pipeline, place.tensor}, shape), place.data, "data ranks");
  pipeline_ = split(comm, rank_at({place.data, 0, place.tensor}, shape), place.pipeline, "pipeline stages");
  tensor_ = split(comm, rank_at({place.data, place.pipeline, 0}, shape), place.tensor, "tensor ranks");
}

bool Grid::tensor_ranks_share_hosts() const {
  MPI_Comm host;
  MPI_CHECK(MPI_Comm_split_type(tensor_, MPI_COMM_TYPE_SHARED, place.tensor, MPI_INFO_NULL, &host));
  int together = ranks_of(host) == shape.tensor;
  MPI_CHECK(MPI_Comm_free(&host));
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &together, 1, MPI_INT, MPI_LAND, all_));
  return together;
}

Grid::~Grid() {
  for (MPI_Comm* part : {&data_, &pipeline_, &tensor_})
    if (*part != MPI_COMM_NULL) MPI_Comm_free(part);
}
