// level: stretch
// points: 7
// ranks: 4 6 1
// forbids: MPI_Allgather MPI_Iallgather MPI_Allgatherv MPI_Iallgatherv MPI_Gather MPI_Igather MPI_Gatherv
// hint: On a grid of 2 x 3 with in = 6, write down who has input 0 of x and of w, then input 1, 2, ... Where do the two owners change? And who takes part in a broadcast, also where it has nothing to send and its y is empty?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/task.h"

void summa(float* y, const float* x, const float* w, int rows, int in, int out, int width, MPI_Comm grid_row,
           MPI_Comm grid_column);

// What add_product was given: rows, inputs and out of each call, and its two panels where these numbers are possible.
static std::vector<int> sizes;
static std::vector<float> panels;
static Range rows_here, out_here;
static int most_inputs = 0;

void add_product(float* y, const float* x, const float* w, int rows, int inputs, int out) {
  sizes.insert(sizes.end(), {rows, inputs, out});
  if (rows != int(rows_here.size()) || out != int(out_here.size()) || inputs < 0 || inputs > most_inputs)
    return;
  panels.insert(panels.end(), x, x + rows * inputs);
  panels.insert(panels.end(), w, w + inputs * out);
  for (int r = 0; r < rows; ++r)
    for (int i = 0; i < inputs; ++i)
      for (int o = 0; o < out; ++o) y[r * out + o] += x[r * inputs + i] * w[i * out + o];
}

// The block of a matrix with so many columns.
static std::vector<float> block(const std::vector<float>& matrix, int columns, Range of_rows, Range of_columns) {
  std::vector<float> values;
  for (size_t r = of_rows.first; r < of_rows.last; ++r)
    for (size_t c = of_columns.first; c < of_columns.last; ++c)
      values.push_back(matrix[r * size_t(columns) + c]);
  return values;
}

static MPI_Comm line_of_grid(int color, int key, const std::string& name) {
  MPI_Comm comm;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, color, key, &comm));
  MPI_CHECK(MPI_Comm_set_name(comm, (name + " " + std::to_string(color) + " of the grid").c_str()));
  return comm;
}

// Several products, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  for (int products = task.number(); products > 0; --products) {
    const int down = task.number(), across = task.number();
    const int rows = task.number(), in = task.number(), out = task.number(), width = task.number();
    const std::vector<float> x = task.values(size_t(rows) * size_t(in)),
                             w = task.values(size_t(in) * size_t(out));
    const int i = mpi.rank() / across, j = mpi.rank() % across;
    MPI_Comm grid_row = line_of_grid(i, j, "row"), grid_column = line_of_grid(j, i, "column");
    rows_here = share(rows, down, i), out_here = share(out, across, j), most_inputs = in;
    sizes.clear(), panels.clear();
    const std::vector<float> x_block = block(x, in, rows_here, share(in, across, j)), w_block = block(w, out, share(in, down, i), out_here);
    // Outputs: what is read beside the blocks is NaN then, and the judge knows where from.
    Output x_here(x_block), w_here(w_block);
    Output y(rows_here.size() * out_here.size());
    summa(y, x_here, w_here, rows, in, out, width, grid_row, grid_column);
    for (const auto& [given, here] : {std::pair(&x_block, &x_here), {&w_block, &w_here}})
      if (!std::equal(given->begin(), given->end(), here->data())) {
        say_of_input("changes", given->size());
        return 1;
      }
    task.answer(double(sizes.size()));
    task.answer(sizes);
    task.answer(panels);
    task.answer(y);
    MPI_CHECK(MPI_Comm_free(&grid_row));
    MPI_CHECK(MPI_Comm_free(&grid_column));
  }
}
