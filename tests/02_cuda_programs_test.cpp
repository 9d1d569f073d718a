// The programs of chapter 02 as a user meets them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <sstream>
#include <string>

#include "chapters/02_cuda/cuda_device.h"
#include "chapters/02_cuda/make_device.h"
#include "tests/data_sets.h"
#include "tests/error_of.h"
#include "tests/known_clock.h"
#include "tests/plain_training.h"
#include "tests/options_told.h"
#include "tests/program.h"

#define main occupancy_main
#include "chapters/02_cuda/occupancy.cpp"
#undef main

namespace {

const std::string folder = "/chapters/02_cuda/", program = build_folder() + folder + "train";

TEST(TrainProgram, PrintsWhatAPlainLoopComputes) {
  EXPECT_EQ(plain::complaints(run_program(program + " --device cpu" + plain::runs()[1].options() + "--micro-batches 3"), plain::runs()[1]), "");
  if (run_program(program + " --device cuda --epochs 0").status == 77) GTEST_SKIP() << "skipped: no GPU can be used";
  EXPECT_EQ(plain::complaints(run_program(program + " --device cuda" + plain::runs()[0].options() + "--micro-batches 2"), plain::runs()[0]), "");
}

TEST(TrainProgram, HelpAndMistakes) {
  const ProgramRun help = run_program(program + " --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(help.output.starts_with("Trains a multilayer perceptron on MNIST, on a CPU or on a GPU.\n")) << help.output;
  const ProgramRun run = run_program(program + " --device gpu");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, "error: --device: 'gpu' is not one of cpu|cuda\n");
}

// Where the driver hides every GPU, or CUDA on the CPU its one device.
TEST(TrainProgram, WithoutADeviceSaysSoAndEndsWithItsOwnStatus) {
  const ProgramRun run = run_program("CUDA_VISIBLE_DEVICES= " + program + " --device cuda --epochs 0");
  EXPECT_EQ(run.status, 77);
  EXPECT_EQ(run.output, "error: no GPU can be used: no CUDA-capable device is detected (make CUDA=cpu builds the same program for the CPU)\n");
}

// What nvcc built also runs where there is no GPU, or where the driver hides every GPU, and says so in one line.
TEST(NvccProgram, WithoutAGpuSaysSoAndEndsWithItsOwnStatus) {
  const char* cuda = std::getenv("CUDA");
  const std::string newest = "ls -t " + (cuda && std::string(cuda) == "gpu" ? build_folder() : "build/gpu/*") + folder + "train build/gpu" + folder + "train 2>/dev/null";
  std::string built = run_program(newest + " | head -n 1").output;
  if (built.empty()) GTEST_SKIP() << "skipped: no program built by nvcc (make gpu-build)";
  built.pop_back();
  const ProgramRun run = run_program("CUDA_VISIBLE_DEVICES= " + built + " --device cuda --epochs 0");
  EXPECT_EQ(run.status, 77);
  EXPECT_EQ(run.lines(), 1u) << run.output;
  EXPECT_TRUE(contains(run.output, "no GPU"));
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) { data_sets::expect_every_data_set(program + " --device cuda"); }

// --- Sources -------------------------------------------------------------------------------------------------------------------

// Without comments and strings.
std::string code_of(const std::filesystem::path& file) {
  const std::string text = text_of_file(file);
  std::string code;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) i = std::min(text.find('\n', i), text.size());
    if (text.compare(i, 3, "'\"'") == 0) i += 3;
    if (text[i] == '"')
      for (++i; text[i] != '"'; ++i) i += text[i] == '\\';
    code += text[i];
  }
  return code;
}

// A call of CUDA or MPI that begins a statement: nobody reads what it returns. And a result that was kept and that nobody compares.
std::string unchecked_calls(const std::string& code) {
  std::string all;
  for (const std::string begin : {"cuda", "MPI_"})
    for (size_t at = code.find(begin); at != std::string::npos; at = code.find(begin, at + 1)) {
      const size_t name_end = std::min(code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", at), code.size());
      const size_t before = code.find_last_not_of(" \n", at - 1), word = before < 3 ? 0 : before - 3;
      const std::string name = code.substr(at, name_end - at);
      if (code[name_end] != '(' || name == "MPI_CHECK") continue;
      if (std::string(";{})").find(code[before]) != std::string::npos || code.compare(word, 4, "else") == 0) all += name + " ";
    }
  for (size_t at = code.find("cudaError_t "); at != std::string::npos; at = code.find("cudaError_t ", at + 1)) {
    const size_t name = at + std::string("cudaError_t ").size(), end = code.find(' ', name);
    const std::string result = code.substr(name, end - name), rest = code.substr(end, code.find("cudaError_t ", end) - end);
    if (code.compare(end, 3, " = ") == 0 && !contains(rest, "CUDA_CHECK(" + result + ")") && !contains(rest, result + " != cudaSuccess")) all += result + " ";
  }
  return all;
}

// What may fail is asked. Exceptions: an error that has been dealt with is forgotten, a destructor asks nobody, chapter 04 begins with a
// program that has nothing around MPI, and chapter 13 simulates one.
TEST(Sources, NoCallGoesUnchecked) {
  EXPECT_EQ(unchecked_calls("x(); cudaFree(p); if (a) cudaMalloc(b); else MPI_Send(c); CUDA_CHECK(cudaFree(p)); const cudaError_t e = cudaFree(p); f(e);"),
            "cudaFree cudaMalloc MPI_Send e ");
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("chapters")) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() != ".cu" && file.extension() != ".cpp" && file.extension() != ".cuh") continue;
    if (file.filename() == "first.cpp" || file.string().starts_with("chapters/13_")) continue;
    std::istringstream names(unchecked_calls(code_of(file)));
    for (std::string name; names >> name;)
      if (name != "cudaGetLastError" && name != "cudaGetErrorString" && name != "MPI_Comm_free") all += file.string() + ": " + name + "\n";
  }
  EXPECT_EQ(all, "");
}

// --- Occupancy ---------------------------------------------------------------------------------------------------------------

std::string row(const std::string& what, int room, int taken, const std::string& blocks) {
  std::ostringstream line;
  line << "  " << std::left << std::setw(16) << what << std::right << std::setw(10) << room << std::setw(16) << taken << std::setw(13) << blocks << "\n";
  return line.str();
}
std::string heading(const std::string& capability) {
  return "compute capability " + capability + "      has room for   a block takes   blocks fit\n";
}
// What the program prints up to the kernels on this machine's GPU.
std::string answer(const std::string& options) {
  const ProgramRun run = run_program(build_folder() + folder + "occupancy " + options);
  EXPECT_EQ(run.status, 0) << run.output;
  const size_t end = std::min(run.output.find("\nThe chapter's"), run.output.find("no GPU here: CUDA itself was not asked\n"));
  EXPECT_LT(end, run.output.size()) << "it says whether CUDA was asked: " << run.output;
  return run.output.substr(0, end);
}

// Every number worked out by hand from the rules in multiprocessor.h.
TEST(OccupancyProgram, PrintsTheTableTheLimitAndTheRounds) {
  EXPECT_EQ(answer(""), heading("8.0") + row("warps", 64, 8, "8") + row("blocks", 32, 1, "32") + row("registers", 65536, 8192, "8") +
                            row("shared memory", 164 * 1024, 1024, "164") +
                            "a multiprocessor holds 8 blocks, 64 of 64 warps: occupancy 100 %, limited by warps and registers\n"
                            "256 blocks on 108 multiprocessors, which hold 864 at once: 1 round\n");
  // 33 registers are 1056 a warp, rounded up to 1280: twelve warps a quarter, 48 in all.
  EXPECT_EQ(answer("--capability 7.5 --threads 96 --registers 33 --shared 100 --multiprocessors 40 --blocks 1000"),
            heading("7.5") + row("warps", 32, 3, "10") + row("blocks", 16, 1, "16") + row("registers", 65536, 3840, "16") +
                row("shared memory", 65536, 256, "256") + "a multiprocessor holds 10 blocks, 30 of 32 warps: occupancy 94 %, limited by warps\n"
                "1000 blocks on 40 multiprocessors, which hold 400 at once: 3 rounds, 200 blocks in the last\n");
  EXPECT_EQ(answer("--capability 7.5 --threads 1024 --registers 64 --multiprocessors 40 --blocks 40"),
            heading("7.5") + row("warps", 32, 32, "1") + row("blocks", 16, 1, "16") + row("registers", 65536, 65536, "1") +
                row("shared memory", 65536, 0, "any number") +
                "a multiprocessor holds 1 blocks, 32 of 32 warps: occupancy 100 %, limited by warps and registers\n"
                "40 blocks on 40 multiprocessors, which hold 40 at once: 1 round\n");
  EXPECT_TRUE(answer("--threads 256 --registers 64 --shared 16384 --blocks 433 --multiprocessors 108")
                  .ends_with("433 blocks on 108 multiprocessors, which hold 432 at once: 2 rounds, 1 blocks in the last\n"));
}

TEST(OccupancyProgram, ABlockThatDoesNotFitIsAMistake) {
  const ProgramRun run = run_program(build_folder() + folder + "occupancy --threads 1024 --registers 80");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, heading("8.0") + row("warps", 64, 32, "2") + row("blocks", 32, 1, "32") + row("registers", 65536, 32 * 2560, "0") +
                            row("shared memory", 164 * 1024, 1024, "164") + "error: no block fits (registers): CUDA refuses the launch\n");
}

TEST(OccupancyProgram, WhatCudaWouldRefuseIsAMistake) {
  const std::pair<std::string, std::string> cases[] = {
      {"--threads 1025", "--threads: 1025 is out of range, expected 1 to 1024"},     {"--threads 0", "--threads: 0 is out of range, expected 1 to 1024"},
      {"--registers 256", "--registers: 256 is out of range, expected 1 to 255"},    {"--registers 0", "--registers: 0 is out of range, expected 1 to 255"},
      {"--shared 1048577", "--shared: 1048577 is out of range, expected 0 to 1048576"},
      {"--shared -1", "--shared: -1 is out of range, expected 0 to 1048576"},
      {"--multiprocessors 10001", "--multiprocessors: 10001 is out of range, expected 1 to 10000"},
      {"--multiprocessors 0", "--multiprocessors: 0 is out of range, expected 1 to 10000"},
      {"--blocks 0", "--blocks: 0 is out of range, expected 1 to 1e+12"},
      {"--blocks 1000000000001", "--blocks: 1000000000001 is out of range, expected 1 to 1e+12"},
      {"--capability 7.0", "--capability: '7.0' is not one of 7.5|8.0|8.6|8.9|9.0|10.0|12.0"},
  };
  for (const auto& [options, error] : cases) {
    const ProgramRun run = run_program(build_folder() + folder + "occupancy " + options);
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.output, "error: " + error + "\n");
  }
  EXPECT_EQ(error_of([] { with_capability("6.0"); }), "compute capability 6.0 is not in the table");
  const std::string help = run_program(build_folder() + folder + "occupancy --help").output;
  EXPECT_TRUE(help.starts_with("How many blocks a multiprocessor holds, what limits them, and the rounds of a grid.\n")) << help;
  EXPECT_EQ(options_told(help),
            "capability 7.5|8.0|8.6|8.9|9.0|10.0|12.0 [8.0]\nmultiprocessors N (1 to 10000) [108]\nthreads N (1 to 1024) [256]\n"
            "registers N (1 to 255) [32]\nshared N (0 to 1048576) [0]\nblocks N (1 to 1e+12) [256]\n");
}

TEST(OccupancyProgram, ShowsWhereCudaDisagrees) {
  testing::internal::CaptureStdout();
  print_gpu({"Some GPU", with_capability("8.0"), {{"add", {256, 32, 0}, 8}, {"row_max", {64, 40, 256}, 9}}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "\nThe chapter's kernels on Some GPU (compute capability 8.0), by this rule and by CUDA itself:\n"
            "  kernel       threads registers shared by rule  CUDA\n"
            "  add              256        32      0       8     8\n"
            "  row_max           64        40    256      24     9   they differ\n");
}

}  // namespace
