// Scripts of chapters that start a program several times and make tables, records and pictures of what it prints: with a launcher that
// writes down what it is to start, and answers.
#include "tests/scripts.h"

#include <cmath>
#include <sstream>

namespace {

// The last epoch's accuracy, what was lost, the scale and the skipped steps of each run; and of three seeds.
TEST_F(Scripts, PrecisionsAreComparedByTheirLastLines) {
  if (!fs::exists("chapters/11_fewer_bits/accuracy.sh")) GTEST_SKIP() << "skipped: no chapter 11 here";
  link("sh env sed awk dirname id cat");
  tool("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >>" + file("called") + "\ncase $* in *rounded*) a=91.00 ;; *stoch*) a=92.50 ;; *bf16*) a=91.50 ;; *half*) a=89.75 ;; *) a=92.25 ;; esac\n"
                   "case $* in *'--seed 2'*) a=80.00 ;; esac\n"
                   "echo \"epoch   1   loss 1.0000   test accuracy 50.00 % (5000 of 10000)   900 samples/s\"\n"
                   "echo \"epoch   2   loss 0.5000   test accuracy $a % (9000 of 10000)   900 samples/s\"\n"
                   "echo 'activations: 1.50 MB; loss scale 65536 in the end, 7 of 20 steps skipped'\n"
                   "case $* in *weights*) echo '12.5 % of the updates changed nothing' ;; esac\n");
  const ProgramRun runs = with_tools("sh chapters/11_fewer_bits/accuracy.sh 2", "MPIEXEC=launcher");
  const auto row = [](const char* options, const char* accuracy, const char* lost) { return line("%-44s %8s %% %10s %10d %8d\n", options, accuracy, lost, 65536, 7); };
  const auto heading = [](const char* title) { return line("%-44s %10s %10s %10s %8s\n", title, "accuracy", "lost", "scale", "skipped"); };
  EXPECT_EQ(runs.output, heading("learning rate 0.01, batch 128") + row("float", "92.25", "") + row("bf16", "91.50", "") + row("bf16 weights rounded", "91.00", "12.5 %") +
                             row("bf16 weights stochastic", "92.50", "12.5 %") + heading("learning rate 0.5, batch 2048") + row("float", "92.25", "") +
                             row("bf16", "91.50", "") + row("half", "89.75", "") + row("half-flushed", "89.75", "") + row("half-flushed loss-scale 65536 dynamic", "89.75", ""));
  const std::string train = "-n 1 build/chapters/11_fewer_bits/train --epochs 2 ", called = read("called");
  EXPECT_TRUE(called.starts_with(train + "--learning-rate 0.01 --precision float\n")) << called;
  EXPECT_TRUE(called.ends_with(train + "--learning-rate 0.5 --batch 2048 --precision half-flushed --loss-scale 65536 --dynamic\n")) << called;
  const ProgramRun seeds = with_tools("sh chapters/11_fewer_bits/accuracy.sh --seeds 2", "MPIEXEC=launcher");
  const std::string first = "           92.25 %    91.50 % (-0.75)    91.00 % (-1.25)    92.50 % (+0.25)\n";
  EXPECT_EQ(seeds.output, "seed          float               bf16    weights rounded         stochastic\n1" + first + "2           80.00 %    80.00 % (+0.00)    80.00 % (+0.00)    80.00 % (+0.00)\n3" +
                              first + "farthest from float       0.75               1.25               0.25\n");
  EXPECT_TRUE(read("called").ends_with(train + "--seed 3 --precision bf16 --weights rounded\n" + train + "--seed 3 --precision bf16 --weights stochastic\n"));
}

// Chapters whose scripts run a program several times: with a launcher that writes down what it is to start, in a folder of theirs.
struct Series : Scripts {
  void SetUp() override {
    Scripts::SetUp();
    link("sh env sed awk dirname id cat mktemp rm");
  }
  // The script of a chapter, with its program, in a tree that holds nothing else. false: the chapter is not here.
  bool tree_of(const std::string& script, const std::string& program = "") {
    if (!fs::exists(script)) return false;
    const fs::path chapter = fs::path(script).parent_path();
    fs::create_directories(folder / chapter);
    fs::create_directories(folder / "common");
    fs::create_directories(folder / "build" / chapter);
    fs::create_symlink(fs::absolute(script), folder / script);
    fs::create_symlink(fs::absolute("common/mpi"), folder / "common/mpi");
    if (!program.empty()) fs::create_symlink("/bin/true", folder / "build" / chapter / program);
    return true;
  }
  ProgramRun in_tree(const std::string& script, const std::string& settings = "MPIEXEC=launcher") {
    return with_tools("sh -c 'cd " + folder.string() + " && sh " + script + "'", settings);
  }
};

// Steps: ten epochs of 60,000 images, the last batch of an epoch may be short.
TEST_F(Series, LargeBatchesAreComparedRowByRow) {
  const std::string script = "chapters/06_data_parallel/large_batch.sh";
  if (!tree_of(script)) GTEST_SKIP() << "skipped: no chapter 06 here";
  const ProgramRun missing = in_tree(script);
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.output, "build/chapters/06_data_parallel/train is missing: make 06 builds it\n");
  fs::create_symlink("/bin/true", folder / "build/chapters/06_data_parallel/train");
  tool("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >>" + file("called") + "\n"
                   "case $* in *8192) echo 'error: diverged in step 7'; exit 1 ;; *warm-up*) a=95.25 ;; *reference*) a=94.50 ;; *) a=93.75 ;; esac\n"
                   "echo 'epoch   1   loss 0.5   test accuracy 11.00 % (1 of 2)'; echo \"epoch  10   loss 0.5   test accuracy $a % (1 of 2)\"\n");
  write("build/06_large_batch.csv", "those of another day\n");
  const ProgramRun run = in_tree(script + " 3");
  std::string table = line("%6s %7s   %12s %12s %18s\n", "batch", "steps", "rate 0.1", "scaled", "scaled, warm-up"), record = "batch,steps,same_rate,scaled_rate,scaled_and_warmed_up\n", called;
  for (const int batch : {128, 512, 2048, 8192}) {
    const int steps = 10 * int(std::ceil(60000.0 / batch));
    std::string row = line("%6d %7d", batch, steps), values;
    for (const char* way : {"", " --reference-batch 128", " --reference-batch 128 --warm-up 2"}) {
      const std::string options = "--batch " + std::to_string(batch) + way;
      called += "-n 3 build/chapters/06_data_parallel/train --watch 0 " + options + "\n";
      const std::string value = options.ends_with("8192") ? "diverged" : contains(way, "warm") ? "95.25" : *way ? "94.50" : "93.75";
      row += line(contains(way, "warm") ? " %18s" : *way ? " %12s" : "   %12s", value.c_str()), values += "," + value;
    }
    table += row + "\n", record += std::to_string(batch) + "," + std::to_string(steps) + values + "\n";
  }
  EXPECT_EQ(read("called"), called);
  EXPECT_EQ(run.output, table);
  EXPECT_EQ(read("build/06_large_batch.csv"), record);
}

TEST_F(Series, ScalingWithoutItsProgramSaysWhatBuildsIt) {
  const std::string script = "chapters/06_data_parallel/scaling.sh";
  if (!tree_of(script)) GTEST_SKIP() << "skipped: no chapter 06 here";
  const ProgramRun missing = in_tree(script);
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.output, "build/chapters/06_data_parallel/scaling is missing: make 06 builds it\n");
}

// Chapter 05's two pictures: each script says that there is no gnuplot, or tells it what to read, what to write, and what was measured.
TEST_F(Series, CollectivesAreDrawnWhereGnuplotIs) {
  if (!fs::exists("chapters/05_collectives")) GTEST_SKIP() << "skipped: no chapter 05 here";
  const std::string record = file("a.csv");
  write("a.csv", "# Some box; of another day\nranks,bytes\n3,4,,ring,1,1,1\n5,4,,ring,1,1,1\n");
  const auto draw = [&](const std::string& script) { return with_tools("sh chapters/05_collectives/" + script + ".sh " + record + " a.svg"); };
  no_tool("gnuplot");
  for (const auto& [script, status] : {std::pair("plot", 1), std::pair("curves", 77)}) {
    const ProgramRun bare = draw(script);
    EXPECT_EQ(bare.status, status);
    EXPECT_EQ(bare.output, script + std::string(": gnuplot is not installed\n"));
  }
  tool("gnuplot", "cat\n");
  for (const char* script : {"plot", "curves"}) {
    const std::string told = draw(script).output;
    EXPECT_TRUE(contains(told, "\nset output 'a.svg'\n"));
    EXPECT_TRUE(contains(told, record));
    EXPECT_EQ(bool(contains(told, "\nset title 'Allreduce, 3 ranks on Some box: measured (points), predicted (lines)'\n")), script == std::string("plot")) << told;
  }
}

TEST_F(Series, MemoryIsCountedOnThreeNumbersOfRanks) {
  const std::string script = "chapters/07_sharded_optimizer/memory.sh";
  if (!tree_of(script)) GTEST_SKIP() << "skipped: no chapter 07 here";
  tool("launcher", "[ \"$1\" != --version ] || exit 0\necho \"$*\" >>" + file("called") + "\nshift 4; echo \"row\" >>$1\n");
  const ProgramRun bare = in_tree(script + " a.csv a.svg");
  EXPECT_EQ(bare.status, 1);
  EXPECT_EQ(bare.output, "memory.sh: gnuplot is not installed\n");
  std::string calls;
  for (const char* ranks : {"2", "4", "8"}) calls += "-n " + std::string(ranks) + " build/chapters/07_sharded_optimizer/memory --csv a.csv\n";
  EXPECT_EQ(read("called"), calls);
  EXPECT_EQ(read("a.csv"), "ranks,level,weights,gradients,state,exchange,sent,weights by formula,gradients by formula,state by formula,exchange by formula,sent by formula\n"
                           "row\nrow\nrow\n");
  tool("gnuplot", "echo \"$*\"\n");
  EXPECT_EQ(in_tree(script + " a.csv a.svg").output, "-e csv='a.csv'; picture='a.svg' chapters/07_sharded_optimizer/memory.gp\n");
}

TEST_F(Series, EachScheduleIsPlannedAndTraced) {
  const std::string here = "chapters/08_layer_splitting/", script = here + "pictures.sh";
  if (!tree_of(script)) GTEST_SKIP() << "skipped: no chapter 08 here";
  write(here + "join_trace.awk", "{ print schedule, shown, $0 }\n");
  write(here + "draw.awk", "{ print \"drawn:\", $0 }\n");
  tool("launcher", "[ \"$1\" != --version ] || exit 0\ncommand=$*\nwhile [ $# -gt 1 ]; do shift; done\n"
                   "echo \"${command% *}\" >>" + file("called") + "\necho \"${command% *}\" | sed 's/.*schedule \\([a-z0-9-]*\\) .*--/\\1 /' >$1\n");
  const ProgramRun run = in_tree(script + " a.csv a.svg");
  EXPECT_EQ(run.status, 0) << run.output;
  std::string called, record = "schedule,panel,stage,pass,chunk,micro_batch,begin,end\n", drawn;
  for (const std::string schedule : {"naive", "gpipe", "1f1b", "interleaved", "zb-h1"}) {
    const std::string chunks = schedule == "interleaved" ? "2" : "1";
    called += "-n 1 build/" + here + "plan --schedule " + schedule + " --stages 2 --chunks 2 --micro-batches 8 --events\n" +
              "-n 2 build/" + here + "train --schedule " + schedule + " --chunks " + chunks + " --micro-batches 8 --hidden 512,512,512,512,512,512,512,512 --batch 1024" +
              " --train-samples 6144 --epochs 1 --trace\n";
    for (const char* file : {"events", "trace"}) record += schedule + " 4 " + schedule + " " + file + "\n";
  }
  EXPECT_EQ(read("called"), called);
  EXPECT_EQ(read("a.csv"), record);
  std::istringstream lines(record);
  for (std::string line; std::getline(lines, line);) drawn += "drawn: " + line + "\n";
  EXPECT_EQ(read("a.svg"), drawn);
}

// Scripts that draw a record: none, a tool that is missing, what gnuplot is told.
TEST_F(Series, RecordsAreDrawnWhereGnuplotIs) {
  link("sh dirname wc");
  const std::pair<const char*, const char*> scripts[] = {{"chapters/04_point_to_point/ping_pong.sh", "ping_pong"}, {"chapters/14_search/search.sh", "search"}};
  const std::string record = file("a.b.csv"), picture = file("a.b.svg");
  for (const auto& [script, name] : scripts) {
    if (!fs::exists(script)) continue;
    fs::remove(record);
    no_tool("gnuplot");
    const ProgramRun usage = with_tools("sh " + std::string(script));
    EXPECT_TRUE(usage.status != 0 && contains(usage.output, line("usage: %s.sh RECORD.csv\n", name)));
    const auto draw = [&, script = script] { return with_tools("sh " + std::string(script) + " " + record); };
    const ProgramRun none = draw();
    EXPECT_EQ(none.status, 1);
    EXPECT_EQ(none.output, "error: " + record + ": no such record; " + name + " --log FILE writes one\n");
    write("a.b.csv", "a\n");
    const ProgramRun bare = draw();
    EXPECT_EQ(bare.status, 0);
    EXPECT_EQ(bare.output, "No picture: gnuplot is not installed (an optional extra).\n");
    tool("gnuplot", "echo \"$*\"\n");
    EXPECT_EQ(draw().output, "-e record='" + record + "'; picture='" + picture + "' " + fs::path(script).replace_extension("gp").string() + "\ndrawn: " + picture + "\n");
    EXPECT_TRUE(fs::exists(fs::path(script).replace_extension("gp")));
  }
  const auto loss = [&] { return with_tools("sh chapters/01_serial/plot/loss.sh " + record); };
  write("a.b.csv", "step,loss\n");
  EXPECT_EQ(loss().output, "error: " + record + ": holds no steps\n");
  fs::remove(record);
  EXPECT_EQ(loss().output, "error: " + record + ": no such run record; a run with --log FILE writes one\n");
  // A roofline's numbers are in its table.
  link("sed");
  no_tool("gnuplot");
  const auto roofline = [&](const std::string& table) { return with_tools("sh chapters/03_fast_kernels/roofline.sh " + table + " a.svg"); };
  write("a.b.csv", "# Some GPU,60,3\nproduct,flop_per_byte,gflops\n");
  EXPECT_EQ(roofline(record).output, "No picture: gnuplot is not installed (an optional extra). The numbers are in " + record + ".\n");
  const ProgramRun no_table = roofline(record + ".not");
  EXPECT_EQ(no_table.status, 1);
  EXPECT_EQ(no_table.output, "error: " + record + ".not: no such file; bench --csv FILE writes one\n");
  // As text first, which needs no gnuplot.
  link("awk");
  write("a.b.csv", "step,loss,accuracy,samples_per_second\n1,0.5,,10\n");
  no_tool("gnuplot");
  const std::string as_text = with_tools("awk -f chapters/01_serial/plot/loss.awk " + record).output;
  EXPECT_TRUE(contains(as_text, "loss (running mean)")) << as_text;
  EXPECT_EQ(loss().output, as_text + "    (with gnuplot, an optional extra, `make plot` also draws an SVG)\n");
  tool("gnuplot", "echo \"$*\"\n");
  EXPECT_EQ(loss().output, as_text + "-e record='" + record + "'; picture='" + picture + "' chapters/01_serial/plot/loss.gp\n    drawn: " + picture + "\n");
}

}  // namespace
