// Ranks in a block of three dimensions: data x pipeline x tensor.
//
//   data       copies of the model, each with its own micro-batches   exchange gradients and weights, once a step
//   pipeline   stages of a copy, each with its own layers              send activations, once a micro-batch
//   tensor     slices of a stage's layers                              sum activations, several times a micro-batch
//
// Each rank has one place in the block and talks to its neighbours along one dimension at a time, through a communicator
// with just these ranks. Whoever talks most gets the nearest neighbours: tensor ranks have consecutive numbers, so they
// share a node wherever they can; then data ranks; pipeline stages, which send least, may lie on other nodes.
//
//   rank = (pipeline · D + data) · T + tensor
#pragma once

#include <mpi.h>

#include <string>

struct GridShape {
  int data = 1, pipeline = 1, tensor = 1;
  int ranks() const { return data * pipeline * tensor; }
  bool operator==(const GridShape&) const = default;
};

struct GridPlace {
  int data = 0, pipeline = 0, tensor = 0;
  bool operator==(const GridPlace&) const = default;
};

GridPlace place_of(int rank, const GridShape& shape);
int rank_at(const GridPlace& place, const GridShape& shape);

// "2 x 1 x 4"
std::string to_string(const GridShape& shape);

class Grid {
 public:
  // Collective over comm.  Throws Error if the shape's product is not the number of ranks.
  Grid(const GridShape& shape, MPI_Comm comm);
  ~Grid();
  Grid(const Grid&) = delete;
  Grid& operator=(const Grid&) = delete;

  const GridShape shape;
  const GridPlace place;  // of this rank

  MPI_Comm all() const { return all_; }
  // The ranks that differ from this one in one dimension only, in its order.
  MPI_Comm data() const { return data_; }
  MPI_Comm pipeline() const { return pipeline_; }
  MPI_Comm tensor() const { return tensor_; }

  // Whether every group of tensor ranks is on one host, as it is where ranks are started host by host.  Collective over all().
  bool tensor_ranks_share_hosts() const;

  bool last_stage() const { return place.pipeline == shape.pipeline - 1; }

 private:
  MPI_Comm all_, data_ = MPI_COMM_NULL, pipeline_ = MPI_COMM_NULL, tensor_ = MPI_COMM_NULL;
};
