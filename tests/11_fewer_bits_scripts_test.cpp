// Scripts that start the training program of chapter 11 again and again: their tables and records, with a launcher that writes down what it
// is to start and answers in its place.
#include <cmath>

#include "common/machine.h"
#include "tests/scripts.h"

namespace {

struct ScriptsOfChapter11 : ScriptFolder {
  std::string launcher(const std::string& body) const { return script("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >>" + file("called") + "\n" + body); }
};

const std::string half = "half, batch 128, 2 epochs", flushed = "half-flushed, batch 2048, 3 epochs";

// The launcher's accuracy is 80 and as many as it was given words; 3 of 40 steps are skipped from 2^20 on. A dynamic scale ends with 2^13.
TEST_F(ScriptsOfChapter11, ScalesAreTriedOneByOne) {
  const std::string start = launcher(
      "a=80 s=0; for word; do a=$((a + 1)); case $word in 1048576 | 4194304 | 16777216 | 268435456) s=3 ;; esac; done\n"
      "e=65536; case $* in *--dynamic*) e=8192 ;; esac\necho 'epoch   1   loss 1.0000   test accuracy 50.00 % (5000 of 10000)'\n"
      "echo \"epoch   2   loss 0.5000   test accuracy $a.00 % (9000 of 10000)\"\necho \"activations: 1.50 MB; loss scale $e in the end, $s of 40 steps skipped\"\n");
  const ProgramRun run = run_program("B=build MPIEXEC=" + start + " sh chapters/11_fewer_bits/scales.sh " + file("record"));
  EXPECT_EQ(run.status, 0) << run.output;
  std::string table, record = "numbers,exponent,accuracy,skipped\n", called;
  const auto tell = [&](const std::string& numbers, const std::string& options, int words, int exponent, bool dynamic) {
    const int accuracy = 80 + 5 + words + dynamic;  // -n 1 PROGRAM --loss-scale SCALE, the options; and --dynamic
    const double skipped = exponent >= 20 ? 7.5 : 0;
    const std::string label = line("2^%d", exponent) + (dynamic ? ", dynamic, 2^13 in the end" : "");
    table += line("  %-40s %8.2f %% %8.1f %%\n", label.c_str(), double(accuracy), skipped);
    if (!dynamic) record += "\"" + numbers + "\"," + std::to_string(exponent) + "," + std::to_string(accuracy) + line(".00,%.4f\n", skipped);
    called += "-n 1 build/chapters/11_fewer_bits/train " + options + line(" --loss-scale %.17g", std::exp2(exponent)) + (dynamic ? " --dynamic" : "") + "\n";
  };
  const auto group = [&](const std::string& numbers, const std::string& options, int words, const std::vector<int>& exponents, int from) {
    table += line("%-42s %10s %10s\n", numbers.c_str(), "accuracy", "skipped");
    for (int exponent : exponents) tell(numbers, options, words, exponent, false);
    tell(numbers, options, words, from, true);
  };
  group(half, "--precision half --epochs 2", 4, {-18, -16, -14, -12, -10, 0, 8, 16, 18, 20, 22}, -16);
  group(flushed, "--precision half-flushed --batch 2048 --learning-rate 0.5 --epochs 3", 8, {0, 4, 8, 12, 16, 20, 24, 28}, 16);
  EXPECT_EQ(run.output, table);
  EXPECT_EQ(text_of(file("record")), record);
  EXPECT_EQ(text_of(file("called")), called);

  // A program that says nothing of its steps is no line of the table.
  script("launcher", "[ \"$1\" = --version ] || echo 'epoch   1   loss 1.0000   test accuracy 50.00 %'\n");
  EXPECT_NE(run_program("MPIEXEC=" + start + " sh chapters/11_fewer_bits/scales.sh").status, 0);
}

// Chapter 11's step beside the peers that train in bf16: each row is compared with ours in bf16 on as many cores, round by round. Rates of three
// rounds, by hand; quartiles of three are all of them.
TEST_F(ScriptsOfChapter11, PeersInBf16AreComparedRoundByRound) {
  if (run_program("python3 -c 'import os; os.sched_getaffinity(0)'").status != 0) GTEST_SKIP() << "skipped: no python3";
  const std::string spoken = "echo 'epoch   1   loss 0.4321   test accuracy 90.00 %'; echo \"trained 468 steps: $rate samples/s; weights 0123\"\n";
  const std::string next = "echo x >>" + file("rounds") + ".$name; n=$(($(wc -l <" + file("rounds") + ".$name)))\n";
  script("chapters/01_serial/train", "rate=1000\n" + spoken);
  script("chapters/01_serial/bench", "echo 'a box'\n");
  const std::string start = launcher("name=ours$2; " + next + "case $n in 1) rate=1800 ;; 2) rate=1600 ;; *) rate=2000 ;; esac\nrate=$(($2 * rate))\n" + spoken);
  // It has NumPy and PyTorch. A peer on two cores is twice as fast, and autocast three times as fast as the others.
  const std::string python = script("python", "case \"$*\" in *'import numpy'* | *'import torch'*) exit 0 ;; *import*) exit 1 ;; esac\nname=$2$4; " + next +
                                                  "case $n in 1) rate=500 ;; 2) rate=250 ;; *) rate=800 ;; esac\n[ $2 != torch-autocast ] || rate=$((3 * rate))\n"
                                                  "echo \"samples/s 0.4$n $(($4 * rate)) PyTorch 1.0\"\n");
  const ProgramRun run = run_program("MPIEXEC=" + start + " python3 chapters/01_serial/peers.py --precision bf16 --data the_data --build " + folder.string() + " --rounds 3 --python " + python);
  EXPECT_EQ(run.status, 0) << run.output;
  const auto row = [](const char* name, int cores, int middle, int low, int high, double ratio, const char* loss) {
    std::string text = line("%-24s  %5d  %9d  (%d to %d)", name, cores, middle, low, high);
    text.resize(62, ' ');
    return text + line("  %8.2f  %s\n", ratio, loss);
  };
  std::string expected = "a box; 784-512-256-10, batch 128, bf16, 3 interleaved rounds of one epoch\n" + line("%24s  cores  samples/s  (quartiles)        ours to it  loss\n", "") +
                         row("this course", 1, 1800, 1600, 2000, 1, "0.4321") + row("this course in float", 1, 1000, 1000, 1000, 1.8, "0.4321");
  const auto peers = [&](int cores) {  // 3.6, 6.4, 2.5 times as fast, or a third of that
    const int c = cores;
    return row("PyTorch, autocast", c, c * 1500, c * 750, c * 2400, 1.2, "0.41") + row("PyTorch, weights in bf16", c, c * 500, c * 250, c * 800, 3.6, "0.41") +
           row("PyTorch in float", c, c * 500, c * 250, c * 800, 3.6, "0.41");
  };
  expected += peers(1);
  if (usable_cores() > 1) expected += row("this course, 2 ranks", 2, 3600, 3200, 4000, 1, "0.4321") + peers(2);
  EXPECT_EQ(run.output, expected + "versions: PyTorch 1.0\n");
  // On one core chapter 11's program, on two the main job, in turns.
  const std::string start_of = folder.string() + "/chapters/", options = " --precision bf16 --epochs 1\n";
  std::string called;
  for (int round = 0; round < 3; ++round) {
    called += "-n 1 " + start_of + "11_fewer_bits/train" + options;
    if (usable_cores() > 1) called += "-n 2 " + start_of + "12_restart/train --start-over --checkpoint " + folder.string() + "/peers_checkpoint" + options;
  }
  EXPECT_EQ(text_of(file("called")), called);
}

}  // namespace
