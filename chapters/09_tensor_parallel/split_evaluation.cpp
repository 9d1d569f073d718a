#include "chapters/09_tensor_parallel/split_evaluation.h"

#include <algorithm>
#include <climits>
#include <limits>
#include <numeric>

#include "chapters/01_serial/head.h"
#include "common/mpi/session.h"

namespace {

// MPI_FLOAT_INT: what MPI_MAXLOC compares. Among equal values it takes the smaller class.
struct Guess {
  float output;
  int class_;
};

// The largest of outputs (classes), which are those of the classes from first_class on. No class: less than any.
Guess guess_here(const float* outputs, int classes, int first_class) {
  if (classes == 0) return {-std::numeric_limits<float>::infinity(), INT_MAX};
  const float* largest = std::max_element(outputs, outputs + classes);
  return {*largest, first_class + int(largest - outputs)};
}

}  // namespace

std::vector<int> guess_classes(TensorParallel& tensor, int slot) {
  const Mlp& mlp = tensor.mlp();
  const Layer& last = mlp.layout().layers.back();
  const size_t rows = size_t(mlp.rows(slot)), classes = size_t(last.out);
  std::vector<float> z(rows * classes);
  mlp.device().copy_out(z.data(), mlp.output(slot), z.size());

  std::vector<Guess> guesses;
  for (size_t r = 0; r < rows; ++r)
    guesses.push_back(guess_here(z.data() + r * classes, int(classes), last.w.first_column));
  if (tensor.output_is_split())
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, guesses.data(), int(rows), MPI_FLOAT_INT, MPI_MAXLOC,
                            tensor.communicator()));

  std::vector<int> result;
  for (const Guess& guess : guesses) result.push_back(guess.class_);
  return result;
}

size_t count_correct_split(TensorParallel& tensor, const Dataset& data, Range rows) {
  Mlp& mlp = tensor.mlp();
  std::vector<uint32_t> in_order(data.count);
  std::iota(in_order.begin(), in_order.end(), 0u);
  const size_t at_once = size_t(mlp.space().rows);

  size_t correct = 0;
  for (size_t first = rows.first; first < rows.last; first += at_once) {
    const Range part{first, std::min(first + at_once, rows.last)};
    load_images(mlp, data, in_order, part);
    mlp.forward(int(part.size()));
    const std::vector<int> guesses = guess_classes(tensor);
    for (size_t r = 0; r < part.size(); ++r) correct += guesses[r] == int(data.labels[part.first + r]);
  }
  return correct;
}
