// The main job between GPUs, or on the CPU that stands in for them: in each way it ends with the same bits, also where it is continued in
// another way than it began.
// ranks: 1 2 3 4
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/12_restart/training_run.h"
#include "tests/grid_runs.h"
#include "tests/mpi_from_gpus.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

using namespace grid_runs;

struct Ended {
  std::vector<float> weights;
  HybridModel::Ways ways;
};

// The loop of train.cpp; each data rank has a stage behind it where the number of ranks is even.
Ended train_main_job(const std::string& exchange, int epochs, const std::string& folder, bool resume, const Dataset& data) {
  RestartOptions o(ranks());
  o.hidden = {13, 11};
  o.batch = batch_rows;
  o.epochs = epochs;
  o.optimizer.name = "momentum";
  o.micro_batches = 4;
  o.tensor = 1, o.pipeline = ranks() % 2 == 0 ? 2 : 1, o.replicas = ranks() / o.pipeline;
  o.device = "cuda", o.exchange = exchange;
  o.checkpoint = folder;
  o.disk_patience = 1e9;
  o.resume = resume;
  Dataset train = data;
  o.apply(train, ranks());
  CudaDevice device;
  HybridModel model(device, grid_of(o.grid), o.settings());
  TrainingRun run(o, model, train);
  for (int epoch = run.first_epoch(); epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : run.batches_left(epoch)) model.step(train, order, batch), run.step();
    run.epoch();
  }
  EXPECT_ON_ALL_RANKS(run.end() == 0);
  return {model.weights(), model.ways()};
}

}  // namespace

TEST(MainJob, EndsWithTheSameBitsInEveryWayBetweenGpus) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU it is not up to a test what MPI takes";
  const MpiTakesPointers so(true);
  const Dataset d = data();
  int id = getpid();
  MPI_CHECK(MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD));
  const std::string folder = testing::TempDir() + "between_gpus_" + std::to_string(id);
  const std::string groups = ranks() == 1 ? "" : ranks() == 2 ? "stages" : ranks() == 3 ? "data ranks" : "stages, data ranks";
  const Ended host = train_main_job("host", 2, folder + "/host", false, d);
  EXPECT_ON_ALL_RANKS(host.ways.through_host == groups && host.ways.by_mpi == "");
  for (const std::string exchange : {"mpi", "peer", "auto"}) {
    if (exchange != "mpi" && !on_one_host()) continue;
    const std::string other = exchange == "mpi" ? "host" : "mpi";
    const Ended whole = train_main_job(exchange, 2, folder + "/" + exchange, false, d);
    train_main_job(other, 1, folder + "/" + other + exchange, false, d);
    const Ended continued = train_main_job(exchange, 2, folder + "/" + other + exchange, true, d);
    EXPECT_ON_ALL_RANKS((exchange == "mpi" ? whole.ways.by_mpi : whole.ways.between_gpus) == groups) << exchange;
    EXPECT_ON_ALL_RANKS(compare(whole.weights, host.weights).same_bits()) << exchange;
    EXPECT_ON_ALL_RANKS(compare(continued.weights, host.weights).same_bits()) << exchange << " behind " << other;
  }
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  if (rank() == 0) std::filesystem::remove_all(folder);
}
