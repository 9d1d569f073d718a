// Chapter 13's engine beside another simulator, whose numbers are in results/referee.csv; and the scripts that ask that one, and virtual hosts.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include "chapters/13_scaling/step_time.h"
#include "tests/scripts.h"

// Within 3 %: both have the same ports, latencies, bandwidths and algorithms, share a port by the same rule, and have the overhead on the rank
// alone. Where nothing else differs, in the rows `plain`, within 0.3 %; results/referee.csv says what else does.
TEST(Referee, AgreesWithin3Percent) {
  std::ifstream in("chapters/13_scaling/results/referee.csv");
  int rows = 0, plain = 0;
  for (std::string line; std::getline(in, line);) {
    char cluster[32], change[32];
    GridShape shape;
    double smpi;
    if (std::sscanf(line.c_str(), "%31[^,#],%31[^,],%d,%d,%d,%lf", cluster, change, &shape.data, &shape.pipeline, &shape.tensor, &smpi) != 6) continue;
    ++rows;
    Cluster c = load_cluster(cluster);
    const bool is_plain = change == std::string("plain");
    if (is_plain) c.eager_bytes = c.inside.rendezvous = c.between.rendezvous = 0, ++plain;
    HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 1024, .micro_batches = shape.data, .allreduce = "mpi", .optimizer = {}};
    if (cluster == std::string("gpu_pods")) s.sizes = {784, 8192, 8192, 8192, 8192, 10}, s.batch = 4096;
    EXPECT_NEAR(1000 * simulate_step(c, s, shape).seconds, smpi, (is_plain ? 0.003 : 0.03) * smpi) << line;
  }
  EXPECT_GE(rows, 13);
  EXPECT_GE(plain, 3);
}

// A small tree in the place of the course, with tools that only write down what they are told.
struct RefereeScripts : Scripts {
  const std::string here = "chapters/13_scaling/referee/", out = file("build/referee/");
  void SetUp() override {
    Scripts::SetUp();
    link("sh dirname realpath mkdir sed sort ls cat find head tr awk grep uniq seq cp rm");
    for (const char* name : {"run", "virtual_hosts"}) put(here + name, text_of(here + name));
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder / name).parent_path());
    write(name, text);
  }
  ProgramRun start(const std::string& words) const { return with_tools("sh " + file(here) + words, "B=" + file("build")); }
  // The lines that the test's tools have written since the last look.
  std::vector<std::string> told(const std::string& name, bool sorted = false) const {
    std::vector<std::string> lines;
    std::istringstream text(read(name));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    if (sorted) std::ranges::sort(lines);
    fs::remove(folder / name);
    return lines;
  }
};
using Lines = std::vector<std::string>;

// What its program includes is compiled once, but for what it has itself; again when a header is newer. Each row's cluster becomes a platform.
TEST_F(RefereeScripts, AskTheOtherSimulatorForEachRow) {
  const ProgramRun without = start("run");
  EXPECT_TRUE(without.status == 77 && without.output == "skipped: no smpicxx (Debian: libsimgrid-dev)\n") << without.output;
  const std::pair<const char*, const char*> files[] = {
      {"chapters/13_scaling/referee/step.cpp", "#include \"common/a.h\"\n#include <vector>\n#include \"chapters/02_cuda/make_device.h\"\n#include \"chapters/13_scaling/simulation.h\"\n"
                                               "#include \"chapters/13_scaling/ghost_memory.h\"\n#include \"chapters/06_data_parallel/exchange.h\"\n"},
      {"common/a.h", "#include \"common/b.h\"\n"}, {"common/a.cpp", "#include \"common/a.h\"\n#include \"common/c.h\"\n"}, {"common/b.h", ""}, {"common/c.h", "#include \"common/b.h\"\n"}, {"common/c.cpp", ""},
      {"chapters/02_cuda/make_device.h", ""}, {"chapters/02_cuda/make_device.cpp", ""}, {"chapters/13_scaling/simulation.h", ""}, {"chapters/13_scaling/simulation.cpp", ""},
      {"chapters/13_scaling/ghost_memory.h", ""}, {"chapters/13_scaling/ghost_memory.cpp", ""}, {"chapters/06_data_parallel/exchange.h", ""}, {"chapters/06_data_parallel/exchange.cpp", ""},
      {"chapters/06_data_parallel/rank_order_in_background.cpp", ""}, {"chapters/01_serial/matmul_1.cpp", ""}, {"chapters/01_serial/matmul_2.cpp", ""}};
  const char* const collectives[] = {"allgather", "allreduce", "barrier", "broadcast", "power_of_two", "reduce", "reduce_scatter", "scatter_gather", "scratch"};
  for (const auto& [name, text] : files) put(name, text);
  for (const std::string name : collectives) put("chapters/05_collectives/" + name + ".cpp", "");
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp") fs::last_write_time(entry, fs::last_write_time(entry) - std::chrono::hours(1));
  const std::string cluster = "# A box\neager-kib  16\ninside-latency-us 1\ninside-rendezvous-us   5\nbetween-rendezvous-us 7\n";
  put("chapters/13_scaling/clusters/box.txt", cluster), put("chapters/13_scaling/clusters/gpu_pods.txt", cluster);
  put("rows.csv", "# ms\ncluster,change,data,pipeline,tensor,smpi_ms\nbox,plain,3,1,2,8\ngpu_pods,none,1,2,1,4\n");
  put("chapters/13_scaling/results/referee.csv", "box,none,1,1,1,2\n");
  tool("smpicxx", "case $* in *' -c '*) echo \"$*\" >>compiled; : >\"${11}\" ;; *) echo \"$*\" >linked ;; esac\n");
  script("build/chapters/13_scaling/platform", "cat \"$2\" >>platforms; echo \"$*\"\n");
  tool("smpirun", "echo \"$*\" >>asked; cat \"$4\" \"$6\" >>asked; [ ! -e silent ] || exit 0; echo x,1,2,3,6\n");

  const ProgramRun run = start("run " + file("rows.csv"));
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(run.output.ends_with("\nbox,plain,3,1,2,8   now: 6, ratio 0.750\ngpu_pods,none,1,2,1,4   now: 6, ratio 1.500\n")) << run.output;
  Lines sources = {"common/a", "common/c", here + "step", "chapters/01_serial/matmul_1", "chapters/01_serial/matmul_2", "chapters/06_data_parallel/rank_order_in_background"};
  for (const std::string name : collectives) sources.push_back("chapters/05_collectives/" + name);
  std::ranges::sort(sources);
  Lines compiled;
  std::string objects = "-O1";
  for (const std::string& source : sources) {
    std::string object = source;
    std::ranges::replace(object, '/', '_');
    compiled.push_back("-O1 -std=c++20 -march=native -ffp-contract=off -fPIC -w -I. -c " + source + ".cpp -o " + out + object + ".o");
    objects += " " + out + object + ".o";
    EXPECT_TRUE(contains(run.output, "  compile  " + source + ".cpp\n"));
  }
  EXPECT_EQ(told("compiled", true), compiled);
  EXPECT_EQ(told("linked"), Lines{objects + " -o " + out + "step -ldl"});
  EXPECT_EQ(read("platforms"), "# A box\neager-kib 0\ninside-latency-us 1\ninside-rendezvous-us 0\nbetween-rendezvous-us 0\n" + cluster);
  const auto asked = [&](int ranks, int eager, const std::string& words) {
    Lines lines = {line("-np %d -platform %splatform.xml -hostfile %shosts --cfg=network/model:CM02", ranks, out.c_str(), out.c_str())};
    lines[0] += " --cfg=network/TCP-gamma:0 --cfg=network/weight-S:0 --cfg=network/crosstraffic:0 --cfg=surf/precision:1e-9 --cfg=smpi/simulate-computation:no "
                "--cfg=smpi/privatization:dlopen --cfg=smpi/coll-selector:mpich";
    lines[0] += line(" --cfg=smpi/async-small-thresh:%d --cfg=smpi/send-is-detached-thresh:%d", eager, eager);
    lines[0] += " --cfg=smpi/test:1e-7 --cfg=smpi/grow-injected-times:no --cfg=smpi/wtime:0 --cfg=smpi/init:0 --cfg=smpi/shared-malloc:global "
                "--cfg=smpi/shared-malloc-blocksize:67108864 --log=root.thres:warning " + out + "step " + out + "cluster.txt " + words;
    lines.push_back("--cluster " + out + "cluster.txt --ranks " + std::to_string(ranks));
    for (int i = 0; i < ranks; ++i) lines.push_back("h" + std::to_string(i));
    return lines;
  };
  Lines all = asked(6, 1, "3 1 2 1024 512 256");
  for (const std::string& more : asked(2, 16385, "1 2 1 4096 8192 8192 8192 8192")) all.push_back(more);
  EXPECT_EQ(told("asked"), all);

  // One source has changed; the chapter's own row, of which the other simulator has no answer today.
  const auto change = [&](const char* name) { fs::last_write_time(folder / name, fs::last_write_time(out + "common_c.o") + std::chrono::hours(1)); };
  change("common/c.cpp"), put("silent", "");
  const ProgramRun silent = start("run");
  EXPECT_EQ(silent.status, 1);
  EXPECT_EQ(silent.output, "  compile  common/c.cpp\n");
  EXPECT_EQ(told("compiled").size(), 1u);
  EXPECT_EQ(told("asked"), asked(1, 16385, "1 1 1 1024 512 256"));
  change("common/b.h");
  start("run");
  EXPECT_EQ(told("compiled", true), compiled);
}

// Cases by hosts and ranks on them, each group in one job; the file is there when all have been measured.
TEST_F(RefereeScripts, MeasureTheCasesBetweenHosts) {
  tool("id", "echo ${USER_ID:-0}\n");
  EXPECT_EQ(with_tools("sh " + file(here) + "virtual_hosts", "USER_ID=1000").output, "skipped: no root, which virtual hosts need\n");
  const std::string names = "hosts,on_a_host,pattern,megabytes,late_ms,computes_ms,asks_ms,foreseen_ms";
  put(here + "cases.csv", "# x\n" + names + "\n2,1,half,4,0,0,0,8\n3,2,ring,1,0,0,0,10\n2,1,both,4,1,300,0,16\n3,1,all,2,0,0,0,20\n");
  put("common/cluster/virtual_cluster.sh", "echo \"cluster $*\" >>told\ncase $1 in env) echo \"export MPIEXEC='mpiexec -f old -launcher x' FI_TCP_IFACE=eth0\" ;; esac\n");
  put("common/mpi/launch", "echo \"$MPIEXEC|$FI_TCP_IFACE|$*|\" $(cat " + out + "hostfile) >>told\ncase $4$5 in 21) printf '10\\n16\\n' ;; 32) echo 8.4 ;; *) [ -e silent ] || echo 23.2 ;; esac\n");
  tool("mpicxx.mpich", "echo \"$*\" >>told\n");
  put("silent", "");
  EXPECT_NE(start("virtual_hosts " + file("hosts.csv")).status, 0);
  EXPECT_EQ(told("told").back(), "cluster down");
  EXPECT_FALSE(fs::exists(folder / "hosts.csv")) << "one case has no time";
  fs::remove(folder / "silent");
  put("build/lib/mpi_guard.a", "");
  const ProgramRun run = start("virtual_hosts " + file("hosts.csv"));
  EXPECT_EQ(run.status, 0) << run.output;
  const std::string lib = file("build/lib/"), launch = "mpiexec -f " + out + "hostfile -launcher x|eth0|", measure = " " + out + "measure " + here + "cases.csv ";
  EXPECT_EQ(told("told"), (Lines{"-O2 -std=c++20 -DMPICH_SKIP_MPICXX -I. " + here + "measure.cpp " + lib + "05_collectives.a " + lib + "mpi.a " + lib + "mpi_guard.a " + lib + "common.a -o " + out +
                                     "measure -lpthread -ldl",
                                 "cluster up 4 --rate 200mbit", "cluster env", launch + "2" + measure + "2 1 5| vc1:1 vc2:1", launch + "6" + measure + "3 2 5| vc1:2 vc2:2 vc3:2",
                                 launch + "3" + measure + "3 1 5| vc1:1 vc2:1 vc3:1", "cluster down"}));
  Lines record = told("hosts.csv");
  ASSERT_GT(record.size(), 2u);
  EXPECT_TRUE(record[0].starts_with("# ms between virtual hosts of ") && record[0].ends_with(", 200mbit; the median of 5 rounds. Written by referee/virtual_hosts.")) << record[0];
  record.erase(record.begin());
  EXPECT_EQ(record, (Lines{names + ",measured_ms,ratio", "2,1,half,4,0,0,0,8,10,1.250", "2,1,both,4,1,300,0,16,16,1.000", "3,2,ring,1,0,0,0,10,8.4,0.840", "3,1,all,2,0,0,0,20,23.2,1.160"}));
  EXPECT_TRUE(contains(run.output, "2 hosts, 1 ranks each  both            4 MB  late   1  computes 300  asks 0   foreseen     16 ms   measured     16 ms   ratio 1.000\n")) << run.output;
  EXPECT_TRUE(run.output.ends_with("\n3 of 4 differ by more than 15 %\n")) << run.output;
}
