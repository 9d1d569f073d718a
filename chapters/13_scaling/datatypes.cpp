// The datatypes of the simulated MPI: how long their elements are, and their sums, maxima and minima.
#include <algorithm>

#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "common/error.h"

namespace {

template <class T>
void combine_numbers(void* sum, const void* other, size_t n, MPI_Op op) {
  T* a = static_cast<T*>(sum);
  const T* b = static_cast<const T*>(other);
  for (size_t i = 0; i < n; ++i)
    a[i] = op == MPI_SUM ? T(a[i] + b[i]) : op == MPI_MAX ? std::max(a[i], b[i]) : std::min(a[i], b[i]);
}

// The largest value and where it is; the first place of equal ones.
void combine_places(void* sum, const void* other, size_t n, MPI_Op) {
  auto* a = static_cast<std::pair<float, int>*>(sum);
  auto* b = static_cast<const std::pair<float, int>*>(other);
  for (size_t i = 0; i < n; ++i)
    if (b[i].first > a[i].first || (b[i].first == a[i].first && b[i].second < a[i].second)) a[i] = b[i];
}

struct Type {
  size_t bytes;
  void (*combine)(void* sum, const void* other, size_t n, MPI_Op op);
};
const std::map<MPI_Datatype, Type> types = {
    {MPI_CHAR, {1, nullptr}},
    {MPI_BYTE, {1, nullptr}},
    {MPI_INT, {4, combine_numbers<int>}},
    {MPI_INT64_T, {8, combine_numbers<int64_t>}},
    {MPI_UINT32_T, {4, combine_numbers<uint32_t>}},
    {MPI_UINT64_T, {8, combine_numbers<uint64_t>}},
    {MPI_FLOAT, {4, combine_numbers<float>}},
    {MPI_DOUBLE, {8, combine_numbers<double>}},
    {MPI_FLOAT_INT, {8, combine_places}},
};

const Type& find(MPI_Datatype type) {
  const auto found = types.find(type);
  if (found == types.end()) throw Error("simulated MPI: a datatype that is not simulated");
  return found->second;
}

}  // namespace

size_t bytes_of(int count, MPI_Datatype type) {
  if (count < 0) throw Error("simulated MPI: a count of " + std::to_string(count));
  return find(type).bytes * size_t(count);
}

void combine(void* sum, const void* other, size_t n, MPI_Datatype type, MPI_Op op) {
  const bool known = type == MPI_FLOAT_INT ? op == MPI_MAXLOC : op == MPI_SUM || op == MPI_MAX || op == MPI_MIN;
  if (!known || !find(type).combine) throw Error("simulated MPI: only sums, maxima and minima of numbers are simulated");
  if (!is_ghost(sum) && !is_ghost(other)) find(type).combine(sum, other, n, op);
}
