#include "chapters/08_layer_splitting/pipeline_head.h"

#include <algorithm>
#include <vector>

void SoftmaxPipelineHead::backward(Mlp& mlp, const Dataset& data, std::span<const uint32_t> order, Range rows,
                                   size_t batch_rows, int slot) {
  head_.load_labels(data, order, rows, slot);
  head_.backward(mlp, batch_rows, slot);
}

double SoftmaxPipelineHead::loss(Mlp& mlp, size_t batch_rows, int slot) { return head_.loss(mlp, batch_rows, slot); }

// As in chapter 01: the largest output wins, the lowest class among equals.
size_t SoftmaxPipelineHead::count_correct(Mlp& mlp, const Dataset& data, Range rows, int slot) {
  const size_t classes = size_t(mlp.layout().out());
  std::vector<float> z(rows.size() * classes);
  mlp.device().copy_out(z.data(), mlp.output(slot), z.size());
  size_t correct = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    const float* row = z.data() + r * classes;
    if (size_t(std::max_element(row, row + classes) - row) == data.labels[rows.first + r]) ++correct;
  }
  return correct;
}
