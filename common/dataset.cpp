#include "common/dataset.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "common/error.h"
#include "common/philox.h"

namespace {

struct Idx {
  std::vector<uint8_t> header, data;
  std::vector<size_t> sizes;
};

// The first bytes of a file, as many as there are, up to this header's length; and the rest.
Idx read_file(const std::string& file, size_t header) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw Error(file + ": is a directory, expected an IDX file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(file + ": cannot open: " + std::strerror(errno));
  Idx idx{std::vector<uint8_t>(header), {}, {}};
  in.read(reinterpret_cast<char*>(idx.header.data()), std::streamsize(header));
  idx.header.resize(size_t(in.gcount()));
  // Room for all of it at once: to be given memory for MNIST, again and again where a vector grows, takes longer than many a run.
  if (const uintmax_t bytes = std::filesystem::file_size(file, error); !error && bytes < 1u << 31) idx.data.reserve(bytes);
  for (char part[1 << 16]; in;) {
    in.read(part, sizeof part);  // an iterator would throw an exception of its own where the disk fails
    idx.data.insert(idx.data.end(), part, part + in.gcount());
  }
  if (in.bad()) throw Error(file + ": cannot read: " + std::strerror(errno));
  return idx;
}

size_t big_endian(const uint8_t* p) { return size_t{p[0]} << 24 | size_t{p[1]} << 16 | size_t{p[2]} << 8 | size_t{p[3]}; }

Idx read_idx_file(const std::string& file, size_t dimensions) {
  const size_t header = 4 + 4 * dimensions;
  Idx idx = read_file(file, header);
  const std::vector<uint8_t>& begin = idx.header;
  if (begin.empty()) throw Error(file + ": is empty");
  if (begin.size() >= 2 && begin[0] == 0x1f && begin[1] == 0x8b)
    throw Error(file + ": is compressed by gzip, unpack it first (`gzip -dk FILE`)");
  if (begin.size() < header)
    throw Error(file + ": header cut short: " + std::to_string(begin.size()) + " bytes, expected " + std::to_string(header));
  const size_t magic = big_endian(begin.data()), expected_magic = 0x800 + dimensions;
  if (magic != expected_magic)
    throw Error(file + ": wrong magic number " + std::to_string(magic) + ", expected " + std::to_string(expected_magic));

  size_t total = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    const size_t size = big_endian(begin.data() + 4 + 4 * d);
    const size_t limit = d == 0 ? 100'000'000 : 4096;  // total stays far below 2^64
    if (size == 0 || size > limit)
      throw Error(file + ": dimension " + std::to_string(d) + " is " + std::to_string(size) + ", expected 1 to " + std::to_string(limit));
    idx.sizes.push_back(size);
    total *= size;
  }
  if (idx.data.size() != total)
    throw Error(file + (idx.data.size() < total ? ": cut short: " : ": too long: ") + std::to_string(header + idx.data.size()) +
                " bytes, expected " + std::to_string(header + total));
  return idx;
}

std::string size_of_images(const Dataset& data) { return std::to_string(data.height) + " x " + std::to_string(data.width); }

}  // namespace

Dataset read_idx(const std::string& image_file, const std::string& label_file, size_t classes) {
  Idx images = read_idx_file(image_file, 3), labels = read_idx_file(label_file, 1);
  if (images.sizes[0] != labels.sizes[0])
    throw Error(label_file + ": " + std::to_string(labels.sizes[0]) + " labels, but " + image_file + " has " +
                std::to_string(images.sizes[0]) + " images");
  if (classes == 0) classes = 1 + size_t(*std::ranges::max_element(labels.data));
  for (size_t i = 0; i < labels.data.size(); ++i)
    if (labels.data[i] >= classes)
      throw Error(label_file + ": label " + std::to_string(i) + " is " + std::to_string(labels.data[i]) + ", expected 0 to " +
                  std::to_string(classes - 1));
  return {images.sizes[0], images.sizes[1], images.sizes[2], std::move(images.data), std::move(labels.data), classes};
}

Dataset read_mnist_train(const std::string& folder) {
  return read_idx(folder + "/train-images-idx3-ubyte", folder + "/train-labels-idx1-ubyte");
}

Dataset read_mnist_test(const std::string& folder, const Dataset& train) {
  const std::string images = folder + "/t10k-images-idx3-ubyte";
  Dataset test = read_idx(images, folder + "/t10k-labels-idx1-ubyte", train.classes);
  if (test.height != train.height || test.width != train.width)
    throw Error(images + ": " + size_of_images(test) + " pixels, but the training images are " + size_of_images(train));
  return test;
}

std::vector<uint32_t> permutation(uint64_t seed, uint32_t epoch, size_t n) {
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (size_t i = n; i > 1; --i) {
    const Philox4 words = random_words(seed, RandomStream::permutation, epoch, i);
    const uint64_t wide = uint64_t{words[0]} << 32 | words[1];
    std::swap(order[i - 1], order[wide % i]);  // 64 bits: the bias of % is below 2^-32 for n < 2^32
  }
  return order;
}

void gather_images(float* x, const Dataset& data, std::span<const uint32_t> order, Range rows) {
  const size_t features = data.features();
  for (size_t r = rows.first; r < rows.last; ++r, x += features) {
    const uint8_t* image = data.pixels.data() + order[r] * features;
    const uint8_t* after_next = data.pixels.data() + order[std::min(r + 2, rows.last - 1)] * features;  // in no order: no core guesses it
    for (size_t f = 0; f < features; f += 64) __builtin_prefetch(after_next + f);
    for (size_t f = 0; f < features; ++f) x[f] = float(image[f]) * (1.0f / 255.0f);
  }
}

void gather_labels(int* labels, const Dataset& data, std::span<const uint32_t> order, Range rows) {
  for (size_t r = rows.first; r < rows.last; ++r) *labels++ = data.labels[order[r]];
}
