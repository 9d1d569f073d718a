// The collectives by name, so that a program can take `--allreduce ring` and a test or a benchmark can try them all.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

using Broadcast = void(float* data, size_t n, int root, MPI_Comm comm);
using Reduce = void(float* result, const float* data, size_t n, int root, MPI_Comm comm);
using Scatter = void(float* mine, const float* all, size_t n, int root, MPI_Comm comm);
using Gather = void(float* all, const float* mine, size_t n, int root, MPI_Comm comm);
using Allgather = void(float* all, const float* mine, size_t n, MPI_Comm comm);
using ReduceScatter = void(float* mine, const float* data, size_t n, MPI_Comm comm);
using Allreduce = void(float* result, const float* data, size_t n, MPI_Comm comm);

template <class Function>
struct Named {
  const char* name;
  Function* function;
  // Reductions: does the order in which an element's operands are added depend on where in the vector it stands?
  bool order_depends_on_position = false;
  bool needs_window = false;  // the vector must lie in a SharedWindow of the communicator, in place
};

std::span<const Named<Broadcast>> broadcasts();
std::span<const Named<Reduce>> reduces();
std::span<const Named<Scatter>> scatters();
std::span<const Named<Gather>> gathers();
std::span<const Named<Allgather>> allgathers();
std::span<const Named<ReduceScatter>> reduce_scatters();
std::span<const Named<Allreduce>> allreduces();

// The allreduce or reduce-scatter called `name`. Throws Error, which lists the names there are.
const Named<Allreduce>& find_allreduce(const std::string& name);
const Named<ReduceScatter>& find_reduce_scatter(const std::string& name);

// The names, for Options::add(..., choices).
std::vector<std::string> allreduce_names();
std::vector<std::string> reduce_scatter_names();
