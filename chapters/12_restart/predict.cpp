// Classifies pictures of digits with a trained checkpoint.
//
//   make 12-predict RANKS=1                                   a picture of the test set
//   build/chapters/12_restart/predict --images mine.pgm --invert
//
// A picture of one's own: 28 x 28 pixels, the digit in the middle 20 x 20, as in MNIST.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/06_data_parallel/replicas.h"
#include "chapters/12_restart/checkpoint_folder.h"
#include "chapters/12_restart/pictures.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

struct PredictOptions {
  std::string checkpoint = "build/checkpoint", device = "cpu";
  std::string images = "build/data/t10k-images-idx3-ubyte", labels;
  int64_t first = 0, show = 1;
  bool invert = false;

  void declare(Options& options) {
    options.add("checkpoint", &checkpoint, "a checkpoint, or a folder with some: then the newest good one");
    options.add("device", &device, "where to compute", device_names);
    options.add("images", &images, "an IDX file of images, or a picture in PGM");
    options.add("labels", &labels, "the IDX file with the labels of the images: counts what is right");
    options.add("first", &first, "the first image to show, counted from 0", at_least(0));
    options.add("show", &show, "how many to show", at_least(0));
    options.add("invert", &invert, "the pictures are dark ink on light paper");
  }
};

// A file as it is, or the newest good one of a folder.
CheckpointFolder::Found find_checkpoint(const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(name, ignored)) return {name, check_checkpoint(name, MPI_COMM_WORLD)};
  const CheckpointFolder::Found found = CheckpointFolder(name, 1, MPI_COMM_WORLD).newest_good();
  if (found.file.empty()) throw Error(name + ": holds no checkpoint; `make train` writes one");
  return found;
}

std::vector<double> softmax(std::span<const float> z) {
  std::vector<double> p(z.begin(), z.end());
  const double largest = *std::ranges::max_element(p);
  double sum = 0;
  for (double& value : p) sum += value = std::exp(value - largest);
  for (double& value : p) value /= sum;
  return p;
}

void show(Mlp& mlp, const Dataset& pictures, size_t i, bool labelled) {
  const std::vector<uint32_t> order = {uint32_t(i)};
  load_images(mlp, pictures, order, {0, 1});
  mlp.forward(1);
  std::vector<float> z(size_t(mlp.layout().out()));
  mlp.device().copy_out(z.data(), mlp.output(), z.size());
  const std::vector<double> p = softmax(z);
  const std::span pixels{pictures.pixels.data() + i * pictures.features(), pictures.features()};
  std::printf("%s\nimage %zu is a %d%s\n\n", draw(pixels, pictures.width, p).c_str(), i,
              int(std::ranges::max_element(p) - p.begin()),
              labelled ? (", its label says " + std::to_string(pictures.labels[i])).c_str() : "");
}

int predict(MpiSession& mpi, int argc, char** argv) {
  PredictOptions o;
  Options options("Classifies pictures of digits with a trained checkpoint.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  const bool labelled = !o.labels.empty();
  Dataset pictures = labelled ? read_idx(o.images, o.labels) : read_pictures(o.images);
  if (o.invert) invert(pictures);
  if (o.show > 0 && size_t(o.first) >= pictures.count)
    throw Error("--first: " + std::to_string(o.first) + ", but " + o.images + " has " + std::to_string(pictures.count) +
                (pictures.count == 1 ? " image" : " images"));

  const CheckpointFolder::Found found = find_checkpoint(o.checkpoint);
  const Layout layout = make_layout(found.header.sizes);
  const std::string size = std::to_string(pictures.height) + " x " + std::to_string(pictures.width) + " pixels";
  if (size_t(layout.in()) != pictures.features() || found.header.data.find(" x " + size) == std::string::npos)
    throw Error(o.images + ": " + size + ", but the network of " + found.file + " was trained on " + found.header.data);
  if (labelled && pictures.classes > size_t(layout.out()))
    throw Error(o.labels + ": has labels up to " + std::to_string(pictures.classes - 1) + ", but the network of " + found.file +
                " knows 0 to " + std::to_string(layout.out() - 1));

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  read_checkpoint(found.file, *device, std::vector<Segment>{{parameters, 0, layout.count}}, MPI_COMM_WORLD);
  Mlp mlp(*device, layout, parameters, nullptr, {.rows = 256});

  if (mpi.rank() == 0) {
    std::printf("%s: %llu steps of training\n\n", found.file.c_str(), (unsigned long long)found.header.step);
    const size_t last = std::min(pictures.count, size_t(o.first) + size_t(o.show));
    for (size_t i = size_t(o.first); i < last; ++i) show(mlp, pictures, i, labelled);
  }
  if (!labelled) return 0;
  const size_t correct = count_correct_together(mlp, pictures);
  if (mpi.rank() == 0)
    std::printf("%zu of %zu images have the class that their labels say: %.2f %%\n", correct, pictures.count,
                100 * double(correct) / double(pictures.count));
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, predict); }
