#include "chapters/09_tensor_parallel/equal_copies.h"

#include <vector>

#include "chapters/06_data_parallel/replicas.h"

void require_equal_copies(std::span<const float> mine, const Layout& layout, size_t step, MPI_Comm comm) {
  std::vector<float> copies;
  for (const Layer& layer : layout.layers)
    if (layer.split == Split::rows) {
      const auto bias = mine.subspan(layer.b.offset, layer.b.size());
      copies.insert(copies.end(), bias.begin(), bias.end());
    }
  require_equal_replicas(copies, step, comm);
}
