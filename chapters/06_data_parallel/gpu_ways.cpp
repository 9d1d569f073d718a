// What the sum of a gradient over GPUs costs by each way (--exchange host, peer, mpi), by its length; and beside them NVIDIA's NCCL, where
// it is found.  Run: make 06-gpu_ways RANKS=2
//
// A time is that of the exchange of a step, with the sum of the losses, until the GPU has the result: the median over the rounds of the
// slowest rank's. In a round all ways take turns. GB/s: what each rank must send at least, 2 n (p-1)/p, by the time.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chapters/01_serial/head.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/device_limits.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/05_collectives/timing.h"
#include "chapters/06_data_parallel/exchange.h"
#include "chapters/06_data_parallel/nccl.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/writable.h"

namespace {

constexpr size_t mib = 1 << 20;
constexpr size_t short_bytes = 64 << 10;  // below it start-ups decide

std::vector<size_t> lengths_in_bytes(bool rehearse) {
  std::vector<size_t> lengths;
  for (size_t bytes = 1024; bytes <= (rehearse ? 16 << 10 : 64 * mib); bytes *= 4) lengths.push_back(bytes);
  return lengths;
}

// A vector on the device, and a way to sum it.
struct Vector {
  Vector(Device& device, size_t n)
      : device(device),
        data(device, n, Purpose::gradients),
        layout(make_layout({1, int(n / 2)})),
        mlp(device, layout, data, data, {}),
        head(device, {}) {}
  Device& device;
  Buffer<> data;
  Layout layout;
  Mlp mlp;
  SoftmaxHead head;
  std::unique_ptr<Exchange> exchange;
  std::function<void()> sum;
};

std::unique_ptr<Vector> vector_by(const std::string& way, Device& device, size_t n, Nccl& nccl) {
  auto vector = std::make_unique<Vector>(device, n);
  if (way == "NCCL") {
    vector->sum = [&nccl, data = vector->data.data(), n, stream = dynamic_cast<CudaDevice&>(device).stream()] {
      nccl.allreduce(data, n, stream);
      double loss = 0;
      MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
    };
    return vector;
  }
  const size_t ranks = size_t(ranks_of(MPI_COMM_WORLD));
  DataParallelOptions o{int(ranks)};
  o.device = "cuda";
  o.exchange = way;
  o.batch = int64_t(ranks);
  o.watch = 0;
  vector->exchange = make_exchange(o, ranks, vector->mlp, vector->head, vector->data);
  vector->sum = [exchange = vector->exchange.get(), ranks] {
    exchange->begin({0, ranks}, 0);
    exchange->finish(0);
  };
  return vector;
}

// The ways that there are here. Of the others make_exchange says why.
std::vector<std::string> possible_ways(Device& device, Nccl& nccl) {
  std::vector<std::string> ways = {"host"};
  for (const char* way : {"peer", "mpi"})
    if (*vector_by(way, device, 2, nccl)->exchange->way()) ways.push_back(way);
  if (nccl.why_not().empty()) ways.push_back("NCCL");
  else if (rank_of(MPI_COMM_WORLD) == 0) std::printf("NCCL: skipped: %s\n", nccl.why_not().c_str());
  return ways;
}

// Whole numbers, so any order of additions gives the same.
void require_right_sum(Vector& vector, const std::string& way) {
  const size_t n = vector.data.size();
  const int ranks = ranks_of(MPI_COMM_WORLD);
  vector.device.fill(vector.data, float(1 + rank_of(MPI_COMM_WORLD)), n);
  vector.sum();
  std::vector<float> sums(n);
  vector.device.copy_out(sums.data(), vector.data.data(), n);
  int wrong = std::ranges::any_of(sums, [&](float x) { return x != float(ranks * (ranks + 1) / 2); });
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &wrong, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  if (wrong) throw Error("a sum of " + std::to_string(n) + " floats by " + way + " is wrong");
  vector.device.fill(vector.data, 0.0f, n);
}

double seconds_of(Vector& vector) {
  const int calls = vector.data.size() * sizeof(float) < mib ? 20 : 3;
  vector.sum();
  vector.device.synchronize();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  for (int call = 0; call < calls; ++call) vector.sum();
  vector.device.synchronize();
  return timer.seconds() / calls;
}

struct Row {
  size_t bytes;
  std::vector<double> seconds;  // by way
};

Row measure(size_t bytes, const std::vector<std::string>& ways, Device& device, Nccl& nccl, int64_t rounds) {
  std::vector<std::unique_ptr<Vector>> vectors;
  for (const std::string& way : ways) {
    vectors.push_back(vector_by(way, device, bytes / sizeof(float), nccl));
    require_right_sum(*vectors.back(), way);
  }
  std::vector<std::vector<double>> seconds(ways.size());
  for (int64_t round = 0; round < rounds; ++round)
    for (size_t w = 0; w < ways.size(); ++w) seconds[w].push_back(seconds_of(*vectors[w]));
  Row row{bytes, {}};
  for (auto& of_way : seconds) {
    take_slowest(of_way, MPI_COMM_WORLD);
    row.seconds.push_back(median(of_way));
  }
  return row;
}

double gbytes(size_t bytes, double seconds, int ranks) { return 2e-9 * double(bytes) * (ranks - 1) / ranks / seconds; }

void print_table(const std::vector<std::string>& ways, const std::vector<Row>& rows, int ranks) {
  std::printf("%9s", "");
  for (const std::string& way : ways) std::printf(" %20s", way.c_str());
  std::printf("\n%9s", "bytes");
  for (size_t w = 0; w < ways.size(); ++w) std::printf(" %10s %9s", "us", "GB/s");
  for (const Row& row : rows) {
    std::printf("\n%9zu", row.bytes);
    for (const double seconds : row.seconds) std::printf(" %10.1f %9.3f", 1e6 * seconds, gbytes(row.bytes, seconds, ranks));
  }
  std::printf("\n");
}

// NCCL is the last of the ways, if at all.
void print_against_nccl(const std::vector<std::string>& ways, const std::vector<Row>& rows) {
  if (ways.back() != "NCCL") return;
  for (size_t w = 0; w + 1 < ways.size(); ++w) {
    double most = 0;
    for (const Row& row : rows)
      if (row.bytes < short_bytes) most = std::max(most, row.seconds[w] / row.seconds.back());
    std::printf("%s: %.2f of NCCL's bandwidth for %zu bytes; below %zu bytes at most %.2f of its time\n", ways[w].c_str(),
                rows.back().seconds.back() / rows.back().seconds[w], rows.back().bytes, short_bytes, most);
  }
}

void write_csv(const std::string& file, const std::vector<std::string>& ways, const std::vector<Row>& rows, int ranks) {
  if (file.empty()) return;
  std::ofstream out(file);
  out << "ranks,bytes,way,seconds,gb_per_s\n";
  for (const Row& row : rows)
    for (size_t w = 0; w < ways.size(); ++w)
      out << ranks << ',' << row.bytes << ',' << ways[w] << ',' << row.seconds[w] << ','
          << gbytes(row.bytes, row.seconds[w], ranks) << '\n';
  if (!out.flush()) throw Error(file + ": cannot be written");
}

int gpu_ways(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 9;
  bool rehearse = false;
  std::string csv;
  Options options("Times the sum of gradients over GPUs by each way, by length, beside NCCL.");
  options.add("rounds", &rounds, "turns of each way", between(1, 10000));
  options.add("csv", &csv, "file for the times");
  options.add("rehearse", &rehearse, "short vectors, also with kernels on the CPU, whose times say nothing");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (mpi.rank() == 0) require_writable(csv);
  if (mpi.size() < 2) throw Error("gpu_ways: needs at least two ranks");
  const std::unique_ptr<Device> device = make_device("cuda", mpi.node_rank());
  if (!rehearse && !device_limits().is_gpu) {
    if (mpi.rank() == 0) std::printf("skipped: no GPU: kernels run on the CPU, and times would say nothing\n");
    return 77;
  }
  if (mpi.rank() == 0)
    std::printf("%d ranks, %d on this node, which has %d x %s\n", mpi.size(), mpi.node_size(), count_gpus(), device->name().c_str());
  Nccl nccl(MPI_COMM_WORLD);
  const std::vector<std::string> ways = possible_ways(*device, nccl);
  std::vector<Row> rows;
  for (const size_t bytes : lengths_in_bytes(rehearse)) rows.push_back(measure(bytes, ways, *device, nccl, rounds));
  if (mpi.rank() != 0) return 0;
  print_table(ways, rows, mpi.size());
  print_against_nccl(ways, rows);
  write_csv(csv, ways, rows, mpi.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, gpu_ways); }
