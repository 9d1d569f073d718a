// Pictures that scripts draw of records: the committed ones once more, from the committed records, and what is drawn of records that are
// written here. And what scripts of chapters write into a record.
#include <cmath>
#include <sstream>
#include <vector>

#include "common/machine.h"
#include "tests/scripts.h"

namespace {

struct Pictures : ScriptFolder {
  std::string copy(const std::string& record) {
    fs::copy_file(record, folder / fs::path(record).filename(), fs::copy_options::overwrite_existing);
    return file(fs::path(record).filename());
  }
};

struct Committed : Pictures {
  void SetUp() override {
    Pictures::SetUp();
    if (run_program("command -v gnuplot").status != 0) GTEST_SKIP() << "skipped: no gnuplot";
  }
  // Where gnuplot is of another version it draws in other words.
  void expect_same(const std::string& drawn, const std::string& committed) const {
    const auto version = [](const std::string& text) {
      const size_t at = text.find("Produced by GNUPLOT ");
      return at == std::string::npos ? "none" : text.substr(at, text.find('<', at) - at);
    };
    const std::string now = text_of(drawn), then = text_of(committed);
    ASSERT_NE(version(then), "none") << committed;
    if (version(now) != version(then)) GTEST_SKIP() << "skipped: no gnuplot of the version that has drawn " << committed;
    EXPECT_TRUE(now == then) << committed << " is not what is drawn of its record today: diff " << drawn;
  }
  void draw(const std::string& command) const {
    const ProgramRun run = run_program(command);
    EXPECT_EQ(run.status, 0) << command << run.output;
  }
};

TEST_F(Committed, OfMessages) {
  const std::string here = "chapters/04_point_to_point/";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 04 here";
  draw("sh " + here + "ping_pong.sh " + copy(here + "results/ping_pong.csv"));
  expect_same(file("ping_pong.svg"), here + "results/ping_pong.svg");
}

TEST_F(Committed, OfCollectives) {
  const std::string here = "chapters/05_collectives/", results = here + "results/";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 05 here";
  draw("sh " + here + "plot.sh " + results + "times_2_ranks.csv " + file("a.svg"));
  expect_same(file("a.svg"), results + "allreduce_2_ranks.svg");
  draw("sh " + here + "curves.sh " + results + "curves.csv " + file("b.svg"));
  expect_same(file("b.svg"), results + "curves.svg");
}

TEST_F(Committed, OfMemory) {
  const std::string here = "chapters/07_sharded_optimizer/", record = here + "results/memory.csv";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 07 here";
  draw("gnuplot -e \"csv='" + record + "'; picture='" + file("a.svg") + "'\" " + here + "memory.gp");
  expect_same(file("a.svg"), here + "figures/memory.svg");
}

TEST_F(Committed, OfTheCrossover) {
  const std::string here = "chapters/09_tensor_parallel/", results = here + "results/";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 09 here";
  draw("sh " + here + "plot.sh " + results + "crossover_2_ranks.csv " + file("a.svg"));
  expect_same(file("a.svg"), results + "crossover_2_ranks.svg");
}

// In both halves of the picture one point less is filled.
TEST_F(Committed, ADisturbedCrossoverIsHollow) {
  const std::string here = "chapters/09_tensor_parallel/", record = here + "results/crossover_2_ranks.csv";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 09 here";
  draw("awk -F, -v OFS=, '/^512,128,/ { $13 = 1 } { print }' " + record + " >" + file("b.csv"));
  draw("sh " + here + "plot.sh " + record + " " + file("a.svg"));
  draw("sh " + here + "plot.sh " + file("b.csv") + " " + file("b.svg"));
  const auto points = [&](const char* picture, const char* kind) {
    int found = 0;
    const std::string text = read(picture);
    for (size_t at = 0; (at = text.find(std::string("xlink:href='#gpPt") + kind + "'", at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_GT(points("a.svg", "6"), 20);
  EXPECT_EQ(points("b.svg", "6"), points("a.svg", "6") - 2);
  EXPECT_EQ(points("b.svg", "5"), points("a.svg", "5"));
}

// The program's file is the committed one.
TEST_F(Committed, OfExponents) {
  const std::string here = "chapters/11_fewer_bits/", record = here + "results/exponents.csv", csv = file("new.csv");
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 11 here";
  const std::string launcher = script("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >" + file("called") + "\ncp " + record + " \"$5\"\n");
  draw("B=the_build MPIEXEC=" + launcher + " sh " + here + "exponents.sh " + csv + " " + file("a.svg"));
  EXPECT_EQ(read("called"), "-n 1 the_build/" + here + "formats --csv " + csv + "\n");
  expect_same(file("a.svg"), here + "results/exponents.svg");
}

TEST_F(Committed, OfScaling) {
  const std::string here = "chapters/13_scaling/";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 13 here";
  for (const std::string name : {"scaling", "large"}) {
    draw("gnuplot -e \"record='" + here + "results/" + name + ".csv'; picture='" + file(name + ".svg") + "'\" " + here + name + ".gp");
    expect_same(file(name + ".svg"), here + "results/" + name + ".svg");
  }
}

TEST_F(Committed, OfTheSearch) {
  const std::string here = "chapters/14_search/";
  if (!fs::exists(here)) GTEST_SKIP() << "skipped: no chapter 14 here";
  draw("sh " + here + "search.sh " + copy(here + "results/search.csv"));
  expect_same(file("search.svg"), here + "results/search.svg");
}

// --- Of records that are written here: as tables, which gnuplot writes instead of drawing ------------------------------------

// The numbers of each thing that is plotted: x, y, and so on, of the points that are drawn.
std::vector<std::vector<std::vector<double>>> plotted(const std::string& table) {
  std::vector<std::vector<std::vector<double>>> all;
  std::istringstream text(text_of(table));
  for (std::string row; std::getline(text, row);) {
    if (row.starts_with("# Curve title")) all.emplace_back();
    if (row.empty() || row[0] == '#' || all.empty() || row.ends_with("u")) continue;  // undefined
    std::istringstream numbers(row);
    std::vector<double> point;
    for (std::string word; numbers >> word && (std::isdigit(static_cast<unsigned char>(word[0])) || word[0] == '-');) point.push_back(std::stod(word));
    all.back().push_back(point);
  }
  return all;
}

// What is written into a picture: along the axis that goes up, turned, and everywhere else.
void expect_words(const std::string& picture, const std::vector<std::string>& turned, const std::vector<std::string>& others) {
  const std::string text = text_of(picture);
  for (const auto* words : {&turned, &others})
    for (const std::string& word : *words) {
      const size_t at = text.find(">" + word + "</");
      ASSERT_NE(at, std::string::npos) << word << " is not in " << picture;
      const size_t group = text.rfind("transform=", at);
      EXPECT_EQ(contains(text.substr(group, text.find('>', group) - group), "rotate(270)"), words == &turned) << word;
    }
}

// A record of a run: losses of steps, and behind each tenth the accuracy. The running mean forgets a fiftieth at each step.
TEST_F(Committed, ALossCurveHasItsMeanAndTheAccuracy) {
  std::ofstream record(file("run.csv"));
  record << "step,loss,accuracy,samples_per_second\n";
  std::vector<double> losses;
  for (int step = 1; step <= 40; ++step) {
    losses.push_back(2.5 / step + (step % 3) / 8.0);
    record << step << ',' << losses.back() << ",,1000\n";
    if (step % 10 == 0) record << step << ",7," << 0.9 + step / 1000.0 << ",2000\n";
  }
  record.close();
  draw("gnuplot -e \"record='" + file("run.csv") + "'; picture='/dev/null'; set table '" + file("table") + "'\" chapters/01_serial/plot/loss.gp");
  draw("gnuplot -e \"record='" + file("run.csv") + "'; picture='" + file("run.svg") + "'\" chapters/01_serial/plot/loss.gp");
  expect_words(file("run.svg"), {"loss", "test accuracy, %"}, {"Training on MNIST", "step", "loss of a batch", "running mean", "test accuracy"});
  const auto curves = plotted(file("table"));
  ASSERT_EQ(curves.size(), 3u) << read("table");
  for (const auto& point : curves[0]) EXPECT_NEAR(point.at(1), losses.at(size_t(point[0]) - 1), 1e-4) << "a batch";
  EXPECT_GE(curves[0].size(), 6u);  // every fifth line
  ASSERT_GE(curves[1].size(), 38u) << "every step, but the first ones";
  double mean = curves[1][0].at(1);
  EXPECT_NEAR(mean, losses.at(size_t(curves[1][0][0]) - 1), 1e-4);
  for (size_t i = 1; i < curves[1].size(); ++i) {
    EXPECT_EQ(curves[1][i][0], curves[1][i - 1][0] + 1);
    mean = 0.98 * mean + 0.02 * losses.at(size_t(curves[1][i][0]) - 1);
    EXPECT_NEAR(curves[1][i].at(1), mean, 1e-4);
  }
  ASSERT_EQ(curves[2].size(), 4u) << "in percent";
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(curves[2][i].at(1), 90 + double(i + 1), 1e-4);
}

// The same as text: 68 columns, 14 rows, the highest mean in the first, the lowest in the last; the scale is logarithmic.
TEST_F(Pictures, ALossCurveAsTextHasTheSameMean) {
  std::ofstream record(file("run.csv"));
  record << "step,loss,accuracy,samples_per_second\n";
  std::vector<double> means;
  for (int step = 1; step <= 300; ++step) {
    const double loss = 3 * std::exp(-step / 60.0) + 0.05 * (step % 7);
    means.push_back(means.empty() ? loss : 0.98 * means.back() + 0.02 * loss);
    record << step << ',' << loss << ",,1000\n";
    if (step % 150 == 0) record << step << ",7," << step / 400.0 << ",2000\n";
  }
  record.close();
  const double high = std::log(*std::max_element(means.begin(), means.end())), low = std::log(*std::min_element(means.begin(), means.end()));
  int rows[68];
  for (int x = 0; x < 68; ++x) rows[x] = int((high - std::log(means[size_t(x * 299 / 67)])) / (high - low) * 13 + 0.5);
  std::string expected = "\n    loss (running mean)\n";
  for (int y = 0; y < 14; ++y) {
    expected += y % 3 ? "         |" : line("%8.3f |", std::exp(high - y * (high - low) / 13));
    for (int x = 0; x < 68; ++x) {
      const int before = x ? rows[x - 1] : rows[x], least = std::min(before, rows[x]), most = std::max(before, rows[x]);
      expected += rows[x] == y ? '*' : y > least && y < most ? '|' : ' ';
    }
    expected += '\n';
  }
  expected += "         +" + std::string(68, '-') + "\n         step 1" + line("%62s\n", "step 300") + "    test accuracy after the last epoch: 75.00 %\n";
  EXPECT_EQ(run_program("awk -f chapters/01_serial/plot/loss.awk " + file("run.csv")).output, expected);
}

// One step, and losses that are all the same: a tenth above them is the first row.
TEST_F(Pictures, AFlatLossCurveIsALine) {
  for (int steps : {1, 5}) {
    std::ofstream record(file("run.csv"));
    record << "step,loss,accuracy,samples_per_second\n";
    for (int step = 1; step <= steps; ++step) record << step << ",0.5,,1000\n";
    record.close();
    std::string expected = "\n    loss (running mean)\n";
    for (int y = 0; y < 14; ++y)
      expected += (y % 3 ? "         |" : line("%8.3f |", 0.5 * std::exp(0.1 - y * 0.1 / 13))) + std::string(68, y == 13 ? '*' : ' ') + "\n";
    expected += "         +" + std::string(68, '-') + "\n         step 1" + line("%62s\n", line("step %d", steps).c_str());
    EXPECT_EQ(run_program("awk -f chapters/01_serial/plot/loss.awk " + file("run.csv")).output, expected);
  }
}

TEST_F(Committed, AFitHasItsTargetAndTheNetwork) {
  std::ofstream(file("fit.csv")) << "x,target,fit\n-1,0.25,0.5\n0,1,0.75\n1,-1,-0.5\n";
  draw("gnuplot -e \"record='" + file("fit.csv") + "'; picture='/dev/null'; name='f'; set table '" + file("table") + "'\" chapters/01_serial/fit.gp");
  draw("gnuplot -e \"record='" + file("fit.csv") + "'; picture='" + file("fit.svg") + "'; name='a sine'\" chapters/01_serial/fit.gp");
  expect_words(file("fit.svg"), {}, {"a sine", "target", "network"});
  const std::vector<std::vector<double>> target = {{-1, 0.25}, {0, 1}, {1, -1}}, network = {{-1, 0.5}, {0, 0.75}, {1, -0.5}};
  EXPECT_EQ(plotted(file("table")), (std::vector<std::vector<std::vector<double>>>{target, network})) << read("table");
}

// The roof: three operations for each byte, up to the peak of 60. And what the script tells gnuplot, or says instead.
TEST_F(Committed, ARooflineHasTheLowerOfItsTwoLimits) {
  std::ofstream(file("p.csv")) << "# Some GPU, 80GB,60,3\nproduct,flop_per_byte,gflops\n\"1 naive\",5,14\n\"2, better\",50,40\n";
  draw("gnuplot -e \"csv='" + file("p.csv") + "'; picture='/dev/null'; name='f'; peak=60.0; bandwidth=3.0; set table '" + file("table") + "'\" chapters/03_fast_kernels/roofline.gp");
  draw("gnuplot -e \"csv='" + file("p.csv") + "'; picture='" + file("p.svg") + "'; name='Some GPU'; peak=60.0; bandwidth=3.0\" chapters/03_fast_kernels/roofline.gp");
  expect_words(file("p.svg"), {"GFLOP/s"}, {"Some GPU: 4096 x 4096 x 4096, float", "operations per byte that must cross the memory bus", "measured", "1 naive", "2, better",
                                            "limit of memory and of float arithmetic (tensor cores have a higher one)"});
  auto curves = plotted(file("table"));
  ASSERT_GE(curves.size(), 2u) << read("table");
  for (const auto& point : curves[0]) EXPECT_NEAR(point.at(1), std::min(60.0, 3 * point[0]), 1e-3 * point[1]) << point[0];
  EXPECT_GT(curves[0].back()[0], 1000);
  curves[1].resize(2);  // behind them, depending on gnuplot's version, their names
  EXPECT_EQ(curves[1], (std::vector<std::vector<double>>{{5, 14}, {50, 40}}));

  script("tools/gnuplot", "echo \"$*\"\n");
  const auto said = [&](const std::string& first_line) {
    std::ofstream(file("p.csv")) << first_line << "\nproduct,flop_per_byte,gflops\n";
    return run_program("PATH=" + file("tools") + ":$PATH sh chapters/03_fast_kernels/roofline.sh " + file("p.csv") + " a.svg").output;
  };
  EXPECT_EQ(said("# Some GPU, 80GB,60,3"), "-e csv='" + file("p.csv") + "'; picture='a.svg'; name='Some GPU, 80GB'; peak=60; bandwidth=3 chapters/03_fast_kernels/roofline.gp\ndrawn: a.svg\n");
  EXPECT_EQ(said("# Some CPU,0,0"), "skipped: no GPU: " + file("p.csv") + " was measured on a CPU, which has another roof\n");
  EXPECT_EQ(said("# Some GPU,60,0"), "No picture: this GPU does not tell the clock of its memory. The numbers are in " + file("p.csv") + ".\n");
}

TEST_F(Committed, ScalingShowsSpeedups) {
  if (!fs::exists("chapters/06_data_parallel")) GTEST_SKIP() << "skipped: no chapter 06 here";
  std::ofstream out(file("s.csv"));
  out << "kind,ranks,batch,samples_per_second,speedup,efficiency,without_core,verdict\n";
  int row = 0;
  for (const char* kind : {"strong128", "strong1024", "weak"})
    for (int ranks : {1, 2, 4}) out << kind << ',' << ranks << ",7,1000," << ranks - 0.125 * row++ << ",0.3,0.1,quiet\n";
  out.close();
  draw("gnuplot -e \"record='" + file("s.csv") + "'; picture='/dev/null'; set table '" + file("table") + "'\" chapters/06_data_parallel/scaling.gp");
  const auto curves = plotted(file("table"));
  ASSERT_EQ(curves.size(), 4u) << read("table");
  for (const auto& point : curves[0]) EXPECT_NEAR(point.at(1), point[0], 1e-4 * point[0]) << "ideal";
  row = 0;
  for (size_t kind = 1; kind < 4; ++kind) {
    ASSERT_EQ(curves[kind].size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(curves[kind][i], (std::vector<double>{double(1 << i), (1 << i) - 0.125 * row++}));
  }
}

// --- What scripts make of what programs write --------------------------------------------------------------------------------

// Rows of 1, 2, 4, ... ranks up to the cores, one heading, and everything that was asked for.
TEST_F(Pictures, ScalingRunsOnMoreAndMoreRanks) {
  if (!fs::exists("chapters/06_data_parallel")) GTEST_SKIP() << "skipped: no chapter 06 here";
  const std::string program = "chapters/06_data_parallel/scaling", log = file("called"), record = file("r.csv");
  script(program, "");
  const std::string launcher = script("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >>" + log + "\ncase $* in *--header*) echo kind,ranks,batch,a,b,c,d,verdict ;; esac\n"
                                                  "echo weak,$2,128,1,2,3,4,quiet\n");
  script("tools/nproc", "echo 6\n"), script("tools/gnuplot", "echo \"$*\"\n");
  const auto run = [&](const std::string& settings, const std::string& ranks = "") {
    fs::remove(log);
    return run_program("PATH=" + file("tools") + ":$PATH B=" + folder.string() + " RECORD=" + record + " MPIEXEC=" + launcher + " " + settings +
                       " sh chapters/06_data_parallel/scaling.sh " + ranks);
  };
  const auto row = [](auto... cells) { return line("%-11s %5s %6s %19s %8s %11s %13s  %s\n", cells...); };
  const std::string heading = row("kind", "ranks", "batch", "a", "b", "c", "d", "verdict"),
                    drawn = "-e record='" + record + "'; picture='" + file("r.svg") + "' chapters/06_data_parallel/scaling.gp\n";
  const ProgramRun all = run("");
  std::string called, rows, table = heading;
  for (const char* n : {"1", "2", "4"}) {
    called += "-n " + std::string(n) + " " + file(program) + (n[0] == '1' ? " --header" : "") + " --only-if-quiet\n";
    rows += "weak," + std::string(n) + ",128,1,2,3,4,quiet\n", table += row("weak", n, "128", "1", "2", "3", "4", "quiet");
  }
  EXPECT_EQ(read("called"), called);
  EXPECT_EQ(read("r.csv"), "kind,ranks,batch,a,b,c,d,verdict\n" + rows);
  EXPECT_EQ(all.output, table + drawn);
  EXPECT_EQ(run("DISTURBED=1 ROUNDS=3", "5").status, 0);
  EXPECT_EQ(read("called"), "-n 5 " + file(program) + " --header --rounds 3\n");
}

// Both clusters, both ways, in one file with one heading.
TEST_F(Pictures, SimulatedScalingIsOneTable) {
  if (!fs::exists("chapters/13_scaling")) GTEST_SKIP() << "skipped: no chapter 13 here";
  script("chapters/13_scaling/scaling", "echo \"$*\" | sed 's/--csv .*/--csv FILE/' >>" + file("called") + "\nfor csv; do :; done\nprintf 'ranks,seconds\\n%s,7\\n2,8\\n' \"$4\" >\"$csv\"\n");
  script("tools/gnuplot", "echo \"$*\"\n");
  const auto run = [&](const std::string& options) {
    return run_program("TMPDIR=" + file("tmp") + " PATH=" + file("tools") + ":$PATH B=" + folder.string() + " sh chapters/13_scaling/plot.sh " + options);
  };
  fs::create_directories(folder / "tmp");
  std::string said, called, rows = "cluster,way,ranks,seconds\n";
  for (const std::string cluster : {"ethernet", "infiniband"})
    for (const std::string way : {"data", "grid"}) {
      called += "--cluster " + cluster + " --ranks 16" + (way == "data" ? " --data-only" : "") + " --csv FILE\n";
      said += "  " + cluster + ", " + way + "\n", rows += cluster + "," + way + ",16,7\n" + cluster + "," + way + ",2,8\n";
    }
  EXPECT_EQ(run("16 " + file("out")).output, said + "-e record='" + file("out") + "/scaling.csv'; picture='" + file("out") + "/scaling.svg' chapters/13_scaling/scaling.gp\ndrawn: " + file("out") + "/scaling.svg\n");
  EXPECT_EQ(read("called"), called);
  EXPECT_EQ(read("out/scaling.csv"), rows);
  EXPECT_EQ(run("16 " + file("out")).status, 0);
  EXPECT_EQ(read("out/scaling.csv"), rows) << "written anew";
  EXPECT_TRUE(fs::is_empty(folder / "tmp")) << "nothing is left behind";
  // In a tree of its own, if nothing else is said: up to 256 ranks, into its build/13_scaling.
  fs::copy_file("chapters/13_scaling/plot.sh", folder / "chapters/13_scaling/plot.sh");
  fs::remove(file("called"));
  const std::string alone = "PATH=" + file("tools") + ":$PATH sh " + file("chapters/13_scaling/plot.sh");
  EXPECT_TRUE(run_program("B=" + folder.string() + " " + alone).output.ends_with("\ndrawn: build/13_scaling/scaling.svg\n"));
  EXPECT_TRUE(contains(read("called"), "--cluster ethernet --ranks 256 --data-only --csv FILE\n")) << read("called");
  EXPECT_TRUE(fs::exists(folder / "build/13_scaling/scaling.csv"));
  const ProgramRun missing = run_program("B=nowhere " + alone);
  EXPECT_TRUE(missing.status == 1 && missing.output == "nowhere/chapters/13_scaling/scaling is missing: make 13-scaling builds it\n") << missing.output;
}

// The course beside its peers, which stand in for themselves here: rates of three rounds, by hand; quartiles of three are all of them.
TEST_F(Pictures, PeersAreComparedRoundByRound) {
  if (run_program("python3 -c 'import os; os.sched_getaffinity(0)'").status != 0) GTEST_SKIP() << "skipped: no python3";
  const std::string spoken = "echo 'epoch   1   loss 0.4321   test accuracy 90.00 %'; echo \"trained 468 steps: $rate samples/s; weights 0123\"\n";
  const std::string next = "echo x >>" + file("rounds") + ".$name; n=$(($(wc -l <" + file("rounds") + ".$name)))\n";
  script("chapters/01_serial/train", "[ \"$*\" = '--epochs 1' ] || exit 3\ngrep Cpus_allowed_list /proc/self/status | cut -f2 >>" + file("bound") + "\nrate=1000\n" + spoken);
  script("chapters/01_serial/bench", "[ \"$*\" = '--training-only --pairs 11' ] || exit 3\necho \"a box${OPENBLAS_CORETYPE:-}\"; echo 'OpenBLAS: 0.3 for Zen'; echo 'Training, float: 1500 samples/s'; echo 'ratio to the same network over OpenBLAS: 0.75'\n");
  const std::string launcher = script("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >" + file("called") + "\nname=ours; " + next + "case $n in 1) rate=1800 ;; 2) rate=1600 ;; *) rate=2000 ;; esac\n" + spoken);
  // It has NumPy and PyTorch. A peer on two cores is twice as fast.
  const std::string python = script("python", "case \"$*\" in *'import numpy'* | *'import torch'*) exit 0 ;; *import*) exit 1 ;; esac\nname=$2$4; " + next +
                                                  "[ $6 = the_data ] && [ $OMP_NUM_THREADS$OPENBLAS_NUM_THREADS$MKL_NUM_THREADS = $4$4$4 ] || exit 3\ncase $n in 1) rate=500 ;; 2) rate=250 ;; *) rate=800 ;; esac\necho \"samples/s 0.4$n $(($4 * rate)) $2 1.0\"\n");
  const ProgramRun run = run_program("OPENBLAS_CORETYPE=another MPIEXEC=" + launcher + " python3 chapters/01_serial/peers.py --data the_data --build " + folder.string() + " --rounds 3 --python " + python);
  EXPECT_EQ(run.status, 0) << run.output;
  const auto row = [](const char* name, int cores, int middle, int low, int high, double ratio, const char* loss) {
    std::string text = line("%-24s  %5d  %9d  (%d to %d)", name, cores, middle, low, high);
    text.resize(62, ' ');
    return text + line("  %8.2f  %s\n", ratio, loss);
  };
  std::string expected = "not installed: jax. To have them:\n  python3 -m venv build/peers && build/peers/bin/pip install numpy torch jax threadpoolctl\n"
                         "  make bench-peers ARGS=\"--python build/peers/bin/python\"\na box; 784-512-256-10, batch 128, float, 3 interleaved rounds of one epoch\n" +
                         line("%24s  cores  samples/s  (quartiles)        ours to it  loss\n", "") + row("this course", 1, 1000, 1000, 1000, 1, "0.4321") +
                         row("C++ over OpenBLAS", 1, 2000, 2000, 2000, 0.5, "-");
  for (const char* name : {"NumPy", "PyTorch, eager", "PyTorch, torch.compile"}) expected += row(name, 1, 500, 250, 800, 2, "0.41");  // 2, 4, 1.25
  if (usable_cores() > 1) {
    expected += row("this course, 2 ranks", 2, 1800, 1600, 2000, 1, "0.4321") + row("two serial programs", 2, 2000, 2000, 2000, 0.9, "-");
    for (const char* name : {"NumPy", "PyTorch, eager", "PyTorch, torch.compile"}) expected += row(name, 2, 1000, 500, 1600, 1.8, "0.41");  // 1.8, 3.2, 1.25
    EXPECT_EQ(read("called"), "-n 2 " + folder.string() + "/chapters/12_restart/train --start-over --checkpoint " + folder.string() + "/peers_checkpoint --precision float --epochs 1\n");
  }
  expected += "versions: OpenBLAS Zen; numpy 1.0; torch 1.0; torch-compiled 1.0\n";
  EXPECT_EQ(run.output, expected);
  // Alone a serial program is bound to the first core; of two at the same time each has a core of its own.
  const std::string cores = run_program("python3 -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2], sep=chr(10))'").output, first = cores.substr(0, cores.find('\n') + 1);
  std::string bound;
  for (int round = 0; round < 3; ++round) bound += usable_cores() > 1 ? first + cores : first;
  EXPECT_EQ(run_program("sort " + file("bound")).output, run_program("printf '" + bound + "' | sort").output);
  // Without OpenBLAS and without any peer, one round; and a program that fails.
  script("chapters/01_serial/bench", "echo 'a box'\n");
  const auto alone = [&] { return run_program("MPIEXEC=" + launcher + " python3 chapters/01_serial/peers.py --build " + folder.string() + " --rounds 1 --python false"); };
  const std::string text = alone().output;
  EXPECT_TRUE(text.starts_with("not installed: numpy, torch, jax. To have them:\n")) << text;
  EXPECT_TRUE(contains(text, "a box; 784-512-256-10, batch 128, float, 1 interleaved rounds of one epoch\n") && contains(text, row("this course", 1, 1000, 1000, 1000, 1, "0.4321"))) << text;
  EXPECT_FALSE(contains(text, "C++ over OpenBLAS")) << text;
  EXPECT_TRUE(text.ends_with("\nversions: \n")) << text;
  const std::string failing = script("chapters/01_serial/train", "echo '--epochs 1: no' >&2\nexit 5\n");
  const ProgramRun ended = alone();
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(ended.output.ends_with(failing + " --epochs 1 ended with status 5\n--epochs 1: no\n\n")) << ended.output;
}

}  // namespace
