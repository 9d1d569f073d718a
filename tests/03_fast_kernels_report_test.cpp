// `make gpu-report`, rehearsed with the kernels on the CPU: every stage, and a stage that takes too long; with programs that stand in for
// those of a GPU; and what it says of peers. The table of registers that nvcc's words are made into.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/scripts.h"

namespace {

struct Report {
  ProgramRun run;
  std::vector<std::string> names, results;
  std::string folder, page;
};
Report report_of(const std::string& settings, const std::string& folder) {
  Report report;
  report.folder = folder;
  report.run = run_program(settings + " OUT=" + folder + " sh chapters/03_fast_kernels/gpu_report.sh");
  std::ifstream stages(report.folder + "/stages.csv");
  std::string line;
  std::getline(stages, line);
  EXPECT_EQ(line, "stage,seconds,limit,result");
  while (std::getline(stages, line)) {
    report.names.push_back(line.substr(0, line.find(',')));
    report.results.push_back(line.substr(line.find('"') + 1, line.rfind('"') - line.find('"') - 1));
  }
  report.page = text_of(report.folder + "/README.md");
  return report;
}
Report rehearse(const std::string& limit) {
  return report_of("REHEARSE=yes BUILT=" + build_folder() + " LIMIT=" + limit, testing::TempDir() + "gpu_report_" + std::to_string(getpid()));
}
const std::vector<std::string> stages = {"correctness", "02_cuda_test", "03_fast_kernels_products_test", "03_fast_kernels_test", "03_fast_kernels_masked_test",
                                         "03_fast_kernels_pool_test", "limits", "products", "peers", "roofline", "step",
                                         "two_ranks_06_host", "two_ranks_06_peer", "two_ranks_06_mpi", "two_ranks_06_curve",
                                         "four_ranks_06_host", "four_ranks_06_peer", "four_ranks_06_mpi", "four_ranks_06_curve", "two_ranks_07",
                                         "two_ranks_08", "two_ranks_09", "two_ranks_10", "two_ranks_12", "sanitizer", "counters"};

TEST(GpuReport, IsRehearsedStageByStage) {
  const Report report = rehearse("1000");
  EXPECT_EQ(report.run.status, 0) << report.run.output;
  EXPECT_EQ(report.names, stages);
  for (size_t i = 0; i < report.names.size(); ++i) {
    EXPECT_TRUE(report.results[i] == "passed" || report.results[i].starts_with("skipped: ")) << report.names[i] << ": " << report.results[i];
    EXPECT_TRUE(contains(report.page, "| " + report.names[i] + " | ")) << report.page;
  }
  for (const char* name : {"correctness", "limits", "products", "counters"})
    EXPECT_EQ(report.results[size_t(std::ranges::find(report.names, name) - report.names.begin())], "passed");
  const std::string correctness = text_of(report.folder + "/correctness.txt");
  EXPECT_TRUE(correctness.ends_with("\nall right\n")) << correctness;
  std::ifstream products(report.folder + "/products.csv");
  size_t lines = 0;
  for (std::string line; std::getline(products, line);) ++lines;
  EXPECT_GE(lines, 1 + 2 * 10u);
  // Ranks that share the GPU, or the cores that stand in for it: each way ends with the weights of the one through the host.
  for (const std::string ranks : {"2", "4"}) {
    const std::string begin = report.folder + (ranks == "2" ? "/two" : "/four") + "_ranks_06_";
    EXPECT_TRUE(text_of(begin + "host.txt").ends_with("\nweights as by host\n")) << text_of(begin + "host.txt");
    for (const char* way : {"peer", "mpi"}) {
      const std::string said = text_of(begin + way + ".txt");
      EXPECT_TRUE(said.ends_with("\nweights as by host\n") || said.find("\nskipped: ") != std::string::npos) << said;
    }
    const std::string curve = text_of(report.folder + "/gpu_ways_" + ranks + ".csv");
    for (const char* bytes : {"1024", "4096", "16384"}) EXPECT_TRUE(contains(curve, "\n" + ranks + "," + bytes + ",host,"));
  }
  const ProgramRun listed = run_program("tar -tzf build/gpu-report.tar.gz");
  for (const char* file : {"/README.md", "/stages.csv", "/products.csv", "/correctness.txt", "/two_ranks_06_peer.txt", "/gpu_ways_4.csv"}) EXPECT_TRUE(contains(listed.output, file)) << listed.output;
  std::filesystem::remove_all(report.folder);
}

// A stage that takes too long ends; the others and the page are there all the same.
TEST(GpuReport, AStageThatTakesTooLongIsCutOff) {
  const Report report = rehearse("0.001");
  EXPECT_EQ(report.names, stages);
  EXPECT_EQ(report.results.at(0), "cut off after 0.001 s");
  EXPECT_EQ(report.results.at(5), "cut off after 0.001 s");
  EXPECT_TRUE(contains(report.page, "| correctness | ") && contains(report.page, "| cut off after 0.001 s |")) << report.page;
  std::filesystem::remove_all(report.folder);
}

TEST(GpuReport, WithoutAGpuItIsOneLine) {
  if (run_program("command -v nvidia-smi").status == 0) GTEST_SKIP() << "skipped: there may be a GPU here";
  const ProgramRun run = run_program("REHEARSE= sh chapters/03_fast_kernels/gpu_report.sh");
  EXPECT_EQ(run.output, "gpu-report: skipped: no GPU\n");
  EXPECT_EQ(run.status, 0);
}

// The table of registers is what this nvcc makes, where there is one and has made it.
TEST(Resources, AreThoseOfTheTable) {
  const ProgramRun run = run_program("sh chapters/03_fast_kernels/resources.sh --check");
  if (run.status == 77) GTEST_SKIP() << run.output;
  EXPECT_EQ(run.status, 0) << run.output;
}

// A thread that keeps more numbers than it has registers writes some to memory and reads them back: no product's kernel does.
// A row: | `kernel` | registers on each kind of GPU, never 0 | spilled | shared |
TEST(Resources, OfNoProductAreSpilled) {
  std::ifstream table("chapters/03_fast_kernels/results/resources.md");
  int rows = 0;
  for (std::string line; std::getline(table, line);) {
    if (!line.starts_with("| `matmul_")) continue;
    ++rows;
    EXPECT_NE(line.find(" | 0 | "), std::string::npos) << line;
  }
  EXPECT_GE(rows, 15);
}

// Two kernels on two kinds of GPU, in the words of nvcc: what is written and what is read back are spilled; the most of all kinds counts.
struct WithTools : ScriptFolder {};

TEST_F(WithTools, RegistersAreThoseThatNvccTells) {
  if (run_program("command -v c++filt").status != 0) GTEST_SKIP() << "skipped: no c++filt";
  const std::string nvcc = script("nvcc", "echo 'Cuda compilation tools, release 13.5, V13.5.1'\n");
  for (const auto& source : fs::recursive_directory_iterator("chapters")) {
    if (source.path().extension() != ".cu") continue;
    const fs::path said = folder / source.path().parent_path() / (source.path().stem().string() + ".usage");
    fs::create_directories(said.parent_path());
    std::ofstream out(said);
    if (said.filename() != "vectors.usage") continue;
    const auto kernel = [&](const char* name, const char* arch, int written, int read, const std::string& used) {
      out << "ptxas info    : Compiling entry function '" << name << "' for '" << arch << "'\nptxas info    : Function properties for " << name
          << "\n    0 bytes stack frame, " << written << " bytes spill stores, " << read << " bytes spill loads\nptxas info    : Used " << used << "\n";
    };
    kernel("_ZN5plain10add_kernelEPfPKfm", "sm_75", 0, 0, "8 registers, used 0 barriers, 376 bytes cmem[0]");
    kernel("_ZN5plain12scale_kernelEPffm", "sm_75", 8, 12, "168 registers, used 1 barriers, 256 bytes smem, 372 bytes cmem[0]");
    kernel("_ZN5plain10add_kernelEPfPKfm", "sm_90", 0, 4, "10 registers, used 0 barriers, 552 bytes cmem[0]");
    kernel("_ZN5plain12scale_kernelEPffm", "sm_90", 4, 12, "9 registers, used 1 barriers, 1024 bytes smem, 552 bytes cmem[0]");
    // A name is what the text calls the kernel: no namespace, no arguments, whatever the first of them is. The most shared bytes are those of the first kind.
    kernel("_ZN4fast10row_kernelILi8EEEvPfPKf", "sm_75", 0, 0, "20 registers, used 1 barriers, 2048 bytes smem");
    kernel("_ZN4fast10row_kernelILi8EEEvPfPKf", "sm_90", 0, 0, "21 registers, used 1 barriers, 512 bytes smem");
    kernel("_ZN4fast11tile_kernelINS_12_GLOBAL__N_14TileIiEEEEvi", "sm_90", 0, 0, "31 registers, used 1 barriers");
    kernel("_ZN4fast11next_kernelEjPf", "sm_90", 0, 0, "32 registers, used 1 barriers");
    kernel("_ZN4fast10sum_kernelEPdPf", "sm_90", 0, 0, "33 registers, used 1 barriers");
    kernel("_ZN4fast12round_kernelEP13__nv_bfloat16i", "sm_90", 0, 0, "34 registers, used 1 barriers");
  }
  fs::create_directories(folder / "tmp");
  const auto resources = [&](const std::string& options) { return run_program("TMPDIR=" + file("tmp") + " NVCC=" + nvcc + " sh chapters/03_fast_kernels/resources.sh " + options + folder.string()); };
  EXPECT_EQ(resources("").output,
            "Registers of a thread by kind of GPU; spilled bytes of a thread and static shared bytes of a block, the most of all kinds:\n"
            "nvcc 13.5, written by `resources.sh`.\n\n| kernel | sm_75 | sm_90 | spilled | shared |\n|---|---|---|---|---|\n"
            "| `add_kernel` | 8 | 10 | 4 | 0 |\n| `scale_kernel` | 168 | 9 | 20 | 1024 |\n| `row_kernel<8>` | 20 | 21 | 0 | 2048 |\n"
            "| `tile_kernel<Tile<int>>` |  | 31 | 0 | 0 |\n| `next_kernel` |  | 32 | 0 | 0 |\n| `sum_kernel` |  | 33 | 0 | 0 |\n| `round_kernel` |  | 34 | 0 | 0 |\n");
  // What this one would make cannot be compared with what another release has made; and nothing can be told of what it has not said.
  const ProgramRun other = resources("--check ");
  EXPECT_EQ(other.status, 77);
  EXPECT_EQ(other.output, "skipped: the table was made by another nvcc than 13.5\n");
  // A table with this one's release, but of other kernels, is another one.
  script("nvcc", "echo 'Cuda compilation tools, release " + run_program("sed -n 's/^nvcc \\([0-9.]*\\),.*/\\1/p' chapters/03_fast_kernels/results/resources.md | tr -d '\\n'").output + ", V1'\n");
  const ProgramRun differs = resources("--check ");
  EXPECT_EQ(differs.status, 1);
  EXPECT_TRUE(fs::is_empty(folder / "tmp")) << "nothing is left behind";
  EXPECT_TRUE(contains(differs.output, "\n> | `add_kernel` | 8 | 10 | 4 | 0 |\n")) << differs.output;
  const std::string said = (folder / "chapters/02_cuda/softmax.usage").string();
  fs::remove(said);
  const ProgramRun lacking = resources("");
  EXPECT_EQ(lacking.status, 77);
  EXPECT_EQ(lacking.output, "skipped: " + said + " is not there or is old: make gpu-build\n");
}

// A GPU, its driver, its tools and the programs, all of them words alone: what each is asked for, and what comes of one that fails.
TEST_F(WithTools, OfAGpuHasEveryStage) {
  script("tools/nvidia-smi", "case $1 in *=name) echo 'Some GPU 80GB' ;; *=driver_version) echo 570.1 ;; *=power.limit) echo 700 W ;; *=clocks.max.sm) echo 1980 MHz ;;\n"
                             "*=clocks.max.mem) echo 2619 MHz ;; *) exit 9 ;; esac\n");
  for (const char* tool : {"compute-sanitizer", "ncu", "python3"}) script(std::string("tools/") + tool, "echo \"" + std::string(tool) + " $*\" >>" + file("called") + "\n");
  const auto program = [&](const std::string& name, const std::string& then = "") {
    script("built/" + name, "echo \"${0##*/} $*\" >>" + file("called") + "\n" + then);
  };
  program("chapters/03_fast_kernels/check_kernels");
  program("chapters/03_fast_kernels/bench", "case $1 in --report) echo half of it; exit 3 ;; --products) echo '# Some GPU,0,0' >$3 ;; --training) echo 'skipped: too old'; exit 77 ;; esac\n");
  program("tests/02_cuda_test");
  const Report report = report_of("PATH=" + file("tools") + ":$PATH REHEARSE= CUDA=gpu BUILT=" + file("built"), file("out"));
  EXPECT_EQ(report.run.status, 1) << "one has failed\n" << report.run.output;
  std::string called = read("called");
  for (const std::string& name : {file("out"), file("built")})
    for (size_t at; (at = called.find(name)) != std::string::npos;) called.replace(at, name.size(), name == file("out") ? "OUT" : "BUILT");
  const std::string metrics = "gpu__time_duration.sum,sm__throughput.avg.pct_of_peak_sustained_elapsed,gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed,"
                              "sm__warps_active.avg.pct_of_peak_sustained_active,l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum";
  std::string expected = "check_kernels \n02_cuda_test --gtest_filter=*\nbench --limits OUT/limits.csv\nbench --report OUT/products.csv\n"
                         "bench --products --csv OUT/roofline.csv\nbench --training\npython3 chapters/03_fast_kernels/peers_on_gpu.py --device cuda --steps 2000\n";
  for (const char* tool : {"memcheck", "racecheck", "synccheck", "initcheck"})
    expected += "compute-sanitizer --tool " + std::string(tool) + " --error-exitcode 1 BUILT/chapters/03_fast_kernels/check_kernels --small\n";
  EXPECT_EQ(called, expected + "ncu --csv --metrics " + metrics + " --log-file OUT/counters.csv BUILT/chapters/03_fast_kernels/check_kernels --once\n");
  EXPECT_TRUE(report.page.starts_with("# Some GPU 80GB\n\nDriver 570.1; clocks: 1980 MHz, memory 2619 MHz, power limit 700 W. Written by `make gpu-report`")) << report.page;
  const auto result_of = [&](const std::string& name) { return report.results.at(size_t(std::ranges::find(report.names, name) - report.names.begin())); };
  for (const char* name : {"correctness", "02_cuda_test", "limits", "roofline", "roofline_drawn", "peers", "sanitizer_initcheck", "counters"}) EXPECT_EQ(result_of(name), "passed") << name;
  EXPECT_EQ(result_of("products"), "FAILED with status 3");
  EXPECT_EQ(result_of("step"), "skipped: too old");
  EXPECT_EQ(result_of("03_fast_kernels_test"), "skipped: cannot be built: build/gpu-report/build.txt");
  EXPECT_TRUE(contains(report.page, " | 80 | FAILED with status 3 |\n")) << report.page;
  EXPECT_EQ(read("out/products.txt"), "half of it\n");
}

// Ranks on one GPU: how many, with which options and limits. In a tree of its own, where results lie under the GPU's name and nothing is launched.
TEST_F(WithTools, OfAGpuHasRanksToo) {
  script("tools/nvidia-smi", "case $1 in *=name) echo 'Some GPU-80GB' ;; *) echo something ;; esac\n");
  for (const char* tool : {"compute-sanitizer", "ncu", "python3"}) script(std::string("tools/") + tool, "");
  const std::string note = "echo \"${0##*/} $*\" >>" + file("called") + "\n";
  script("common/mpi/launch", note), script("chapters/06_data_parallel/by_way.sh", note), script("chapters/03_fast_kernels/roofline.sh", "");
  script("chapters/03_fast_kernels/gpu_report.sh", text_of("chapters/03_fast_kernels/gpu_report.sh"));
  for (const char* name : {"03_fast_kernels/check_kernels", "03_fast_kernels/bench", "06_data_parallel/train", "06_data_parallel/gpu_ways", "07_sharded_optimizer/train",
                           "08_layer_splitting/train", "09_tensor_parallel/train", "10_hybrid/train", "12_restart/train"})
    script(std::string("built/chapters/") + name, "");
  const std::string command = "PATH=" + file("tools") + ":$PATH REHEARSE= BUILT=built sh " + file("chapters/03_fast_kernels/gpu_report.sh");
  EXPECT_EQ(run_program("CUDA=cpu " + command).output, "gpu-report: skipped: no GPU\n") << "one that is there and not wanted";
  const ProgramRun run = run_program("env -u OUT -u LIMIT CUDA=gpu " + command);
  EXPECT_EQ(run.status, 0) << run.output;
  const std::string out = "chapters/03_fast_kernels/results/Some_GPU_80GB", all = " --device cuda --epochs 1 --train-samples 6000 --hidden 32\n";
  std::string called, limits;
  for (const std::string ranks : {"2", "4"}) {
    for (const char* way : {"host", "peer", "mpi"})
      called += std::string("by_way.sh ") + way + " build/gpu-report/weights sh common/mpi/launch " + ranks + " built/chapters/06_data_parallel/train" + all;
    called += "launch " + ranks + " built/chapters/06_data_parallel/gpu_ways --csv " + out + "/gpu_ways_" + ranks + ".csv\n";
  }
  for (const char* chapter : {"07_sharded_optimizer", "08_layer_splitting", "09_tensor_parallel", "10_hybrid", "12_restart"})
    called += std::string("launch 2 built/chapters/") + chapter + "/train" + all;
  EXPECT_EQ(read("called"), called);
  std::istringstream stages_of_run(read(out + "/stages.csv"));
  for (std::string line; std::getline(stages_of_run, line);)
    if (const size_t seconds = line.find(','), limit = line.find(',', seconds + 1); line.ends_with(",\"passed\"")) limits += line.substr(0, seconds) + line.substr(limit, line.rfind(',') - limit) + "\n";
  EXPECT_EQ(limits, "correctness,30\nlimits,20\nproducts,80\nroofline,30\nroofline_drawn,10\nstep,40\npeers,60\n"
                    "two_ranks_06_host,15\ntwo_ranks_06_peer,15\ntwo_ranks_06_mpi,15\ntwo_ranks_06_curve,20\n"
                    "four_ranks_06_host,15\nfour_ranks_06_peer,15\nfour_ranks_06_mpi,15\nfour_ranks_06_curve,20\n"
                    "two_ranks_07,15\ntwo_ranks_08,15\ntwo_ranks_09,15\ntwo_ranks_10,15\ntwo_ranks_12,15\n"
                    "sanitizer_memcheck,20\nsanitizer_racecheck,20\nsanitizer_synccheck,20\nsanitizer_initcheck,20\ncounters,50\n");
}

// What is built is for the GPU at hand alone; without it nothing is begun.
TEST_F(WithTools, ProgramsThatCannotBeBuiltAreNamed) {
  if (fs::exists("build/gpu_at_hand")) GTEST_SKIP() << "skipped: they are built for a GPU that was here";
  script("tools/nvidia-smi", "case $1 in *=name) echo 'Some GPU' ;; *=compute_cap) echo 9.0 ;; *) echo something ;; esac\n");
  const std::string make = script("make", "echo \"$*\" >>" + file("called") + "\nexit 2\n");
  const ProgramRun run = run_program("PATH=" + file("tools") + ":$PATH MAKE=" + make + " REHEARSE= CUDA=gpu BUILT= OUT=" + file("out") + " sh chapters/03_fast_kernels/gpu_report.sh");
  EXPECT_EQ(run.output, "gpu-report: the programs of chapter 03 cannot be built: build/gpu-report/build.txt\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(read("called"), "--no-print-directory NO_INSTALL=1 CUDA=gpu B=build/gpu_at_hand O=build/gpu_at_hand gpus=90 gpu-report-core\n");
}

// A rate is that of the steps behind those that warm up: of fifty batches forty-two, each of 128 rows, here in two seconds.
// Each library that is there gets the device and the steps; without one there is a line, and the status that says so.
TEST(PeersOnGpu, TellTheRateWithoutTheWarmUp) {
  if (run_program("python3 -c ''").status != 0) GTEST_SKIP() << "skipped: no python3";
  const ProgramRun run = run_program(R"(python3 -B -c "
import sys
sys.path.insert(0, 'chapters/03_fast_kernels')
import peers_on_gpu
said = []
peers_on_gpu.time.perf_counter = lambda: said.append('clock') or 10.0 + 2 * said.count('clock')
peers_on_gpu.report('it', said.append, list(range(50)), lambda: said.append('waits') or 0.125)
print(said == [*range(8), 'waits', 'clock', *range(8, 50), 'waits', 'clock'])
sys.argv = ['peers_on_gpu.py', '--device', 'cpu', '--steps', '20']
peers_on_gpu.pytorch = lambda device, steps: print('PyTorch', device, steps)
peers_on_gpu.jax = lambda device, steps: print('JAX', device, steps)
for here in ((), ('jax',), ('torch',), ('jax', 'torch')):
    peers_on_gpu.importlib.util.find_spec = lambda name: name in here or None
    try:
        peers_on_gpu.main()
    except SystemExit as end:
        print(end.code)
sys.argv = ['peers_on_gpu.py']
peers_on_gpu.main()
")");
  EXPECT_EQ(run.output, "it: 2688 samples/s, loss 0.1250\nTrue\nskipped: neither PyTorch nor JAX is installed for python3\n77\n"
                        "JAX cpu 20\nPyTorch cpu 20\nPyTorch cpu 20\nJAX cpu 20\nPyTorch cuda 2000\nJAX cuda 2000\n");
}

// The course's network and its steps, in a PyTorch that only writes down what it is asked for; and compilers that fail at once or when they are needed.
TEST(PeersOnGpu, TrainTheCoursesNetwork) {
  if (run_program("python3 -c ''").status != 0) GTEST_SKIP() << "skipped: no python3";
  const ProgramRun run = run_program(R"(python3 -B -c "
import sys
sys.path.insert(0, 'chapters/03_fast_kernels')
from unittest.mock import MagicMock
import peers_on_gpu
torch = sys.modules['torch'] = MagicMock(__version__='9', uint8='uint8')
torch.compile.side_effect = lambda run, mode: lambda batch: print(mode) or run(batch)
peers_on_gpu.report = lambda name, step, batches, finish: print(name, len([step(batch) for batch in batches])) or finish()
peers_on_gpu.pytorch('gpu', 2)
print(torch.backends.cuda.matmul.allow_tf32)
for one in map(str, torch.mock_calls):
    if 'SGD(<' in one: one = one.split('<')[0] + one.split('>')[-1]
    if one.startswith('call.compile'): break
    if 'MagicMock' not in one: print(one)
peers_on_gpu.report = lambda name, step, batches, finish: step(batches[0])
for compiler in RuntimeError('an old Python'), lambda run, mode: lambda batch: 1 / 0:
    torch.compile.side_effect = compiler
    peers_on_gpu.pytorch('gpu', 2)
")");
  const std::string step = "call.optim.SGD().zero_grad()\ncall.randint().__getitem__().float()\ncall.randint().__getitem__().float().__truediv__(255)\n"
                           "call.nn.functional.cross_entropy().backward()\ncall.optim.SGD().step()\n";
  EXPECT_EQ(run.output, "PyTorch 9, eager 2\nreduce-overhead\nreduce-overhead\nPyTorch 9, compiled 2\nFalse\ncall.manual_seed(1)\n"
                        "call.randint(0, 256, (6000, 784), dtype='uint8', device='gpu')\ncall.randint(0, 10, (6000,), device='gpu')\n"
                        "call.randint(0, 6000, (128,), device='gpu')\ncall.randint(0, 6000, (128,), device='gpu')\n"
                        "call.nn.Linear(784, 512)\ncall.nn.ReLU()\ncall.nn.Linear(512, 256)\ncall.nn.ReLU()\ncall.nn.Linear(256, 10)\n"
                        "call.nn.Sequential().to('gpu')\ncall.nn.Sequential().to().parameters()\ncall.optim.SGD(, lr=0.1)\n" + step + step +
                        "call.nn.functional.cross_entropy().item()\ncall.nn.Linear(784, 512)\ncall.nn.ReLU()\ncall.nn.Linear(512, 256)\ncall.nn.ReLU()\ncall.nn.Linear(256, 10)\n"
                        "call.nn.Sequential().to('gpu')\ncall.nn.Sequential().to().parameters()\ncall.optim.SGD(, lr=0.1)\n"
                        "PyTorch, compiled: skipped: RuntimeError\nPyTorch, compiled: skipped: ZeroDivisionError\n");
}

// In a JAX of NumPy, whose gradients are one half for each weight and one for each bias: the losses of two steps, computed once more.
TEST(PeersOnGpu, TrainTheSameInJax) {
  if (run_program("python3 -c 'import numpy'").status != 0) GTEST_SKIP() << "skipped: no NumPy for python3";
  const ProgramRun run = run_program(R"(python3 -B -c "
import sys, types
sys.path.insert(0, 'chapters/03_fast_kernels')
import numpy as np
import peers_on_gpu
relu = lambda x: np.maximum(x, 0)
tree = lambda change, w, g: [tuple(change(*pair) for pair in zip(*layers)) for layers in zip(w, g)]
draw = lambda key: np.random.default_rng(key)
random = types.SimpleNamespace(PRNGKey=lambda seed: 100 * seed, split=lambda key, n: [key + i for i in range(n)], normal=lambda key, shape: draw(key).standard_normal(shape),
                               randint=lambda key, shape, low, high, dtype=int: draw(key).integers(low, high, shape).astype(dtype))
jax = types.SimpleNamespace(__version__='9', random=random, numpy=np, jit=lambda f: f, devices=lambda: [types.SimpleNamespace(platform='gpu')], tree_util=types.SimpleNamespace(tree_map=tree),
                            config=types.SimpleNamespace(update=lambda *what: print(*what)), value_and_grad=lambda f: lambda w, batch: (f(w, batch), [(0 * a + 0.5, 0 * b + 1) for a, b in w]),
                            nn=types.SimpleNamespace(relu=relu, log_softmax=lambda x: x - np.log(np.exp(x).sum(1, keepdims=True))))
sys.modules['jax'], sys.modules['jax.numpy'] = jax, np
losses = []
peers_on_gpu.report = lambda name, step, batches, finish: print(name) or [step(batch) or losses.append(finish()) for batch in batches]
peers_on_gpu.jax('cuda', 2)
images, labels, batches = draw(100).integers(0, 256, (6000, 784)), draw(101).integers(0, 10, 6000), draw(102).integers(0, 6000, (2, 128))
for step, batch in enumerate(batches):
    x = images[batch] / 255
    for layer, (n, m) in enumerate(((784, 512), (512, 256), (256, 10))):
        x = x @ (draw(103 + layer).standard_normal((n, m)) * (2 / n) ** 0.5 - 0.1 * 0.5 * step) - 0.1 * step
        if layer < 2: x = relu(x)
    loss = np.mean([np.log(np.exp(row).sum()) - row[labels[r]] for row, r in zip(x, batch)])
    print(abs(loss - losses[step]) < 1e-4 * loss)
")");
  EXPECT_EQ(run.output, "jax_default_matmul_precision highest\nJAX 9 on gpu, compiled\nTrue\nTrue\n");
}

}  // namespace
