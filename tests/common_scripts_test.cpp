// The shell scripts of common/ on machines that are not here: what they look for, advise, install, paste and draw. Each test makes a folder
// of tools, some of them false, and nothing else is on its PATH.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

std::string line(const char* format, auto... values) {
  char text[500];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

struct Scripts : testing::Test {
  const fs::path folder = fs::path(testing::TempDir()) / ("scripts_" + std::to_string(getpid()));
  void SetUp() override { fs::create_directories(folder / "tools"); }
  void TearDown() override { fs::remove_all(folder); }

  // Tools of this machine under their own names.
  void link(const std::string& names) {
    run_program("for tool in " + names + "; do at=$(command -v $tool) && ln -sf \"$at\" '" + (folder / "tools").string() + "'; done");
  }
  void tool(const std::string& name, const std::string& script) {
    const fs::path file = folder / "tools" / name;
    fs::remove(file);
    std::ofstream(file) << "#!/bin/sh\n" << script;
    fs::permissions(file, fs::perms::owner_all);
  }
  void no_tool(const std::string& name) { fs::remove(folder / "tools" / name); }
  std::string file(const std::string& name) const { return (folder / name).string(); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
  std::string read(const std::string& name) const {
    std::ifstream in(folder / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A command with these tools alone. settings: NAME=value ...
  ProgramRun with_tools(const std::string& command, const std::string& settings = "") const {
    return run_program("env -u B -u MAKEFLAGS -u CXX -u MPICXX -u MPIEXEC -u MARCH -u NVCC -u CUDA -u CPPFLAGS -u LDFLAGS -u MODULESHOME -u LMOD_CMD "
                       "-u NO_INSTALL -u SLURM_JOBID -u PE_HOSTFILE -u LSB_JOBID -u HYDRA_LAUNCHER -u HYDRA_BOOTSTRAP PATH='" +
                       (folder / "tools").string() + "' " + settings + " " + command);
  }
};

// ---- setup.sh ----

struct Setup : Scripts {
  void SetUp() override {
    Scripts::SetUp();
    link("sh cat dirname mkdir cmp mv rm mktemp");
    tool("id", "echo ${USER_ID:-0}\n");
  }
  // A compiler that knows C++20, and GoogleTest once it has been installed.
  void make_compiler() {
    tool("g++", "case $* in *print-file-name=*) if [ -e " + file("installed") + " ]; then echo /here/${1#*=}; else echo ${1#*=}; fi ;;\n"
                "  *) cat >/dev/null ;;\nesac\n");
  }
};

TEST_F(Setup, NamesThePackagesOfEachManager) {
  const struct {
    const char *manager, *words, *packages;
  } managers[] = {
      {"apt-get", "apt-get install -y --no-install-recommends ", "make g++ mpich libmpich-dev libgtest-dev gzip coreutils "},
      {"dnf", "dnf install -y ", "make gcc-c++ mpich mpich-devel gtest-devel gzip coreutils "},
      {"zypper", "zypper --non-interactive install ", "make gcc-c++ mpich mpich-devel googletest-devel gzip coreutils "},
      {"pacman", "pacman -S --noconfirm --needed ", "make gcc openmpi gtest gzip coreutils "},
      {"brew", "brew install ", "make gcc mpich googletest gzip coreutils "},
  };
  const std::string missing = "missing: make compiler mpi gtest gzip sha256sum\n";
  const ProgramRun nobody = with_tools("sh common/setup.sh");
  EXPECT_EQ(nobody.status, 1);
  EXPECT_EQ(nobody.output, missing + "No known package manager here. Install: GNU make, a C++20 compiler (g++ 11 or clang++ 14, or newer),\n"
                                     "MPICH 4 with its headers, GoogleTest, gzip, sha256sum.\n");
  for (const auto& [manager, words, packages] : managers) {
    tool(manager, "[ \"$1\" = --prefix ] || echo \"$0 $*\" >>" + file("called") + "\necho " + file("prefix") + "\n");
    const bool brew = std::string(manager) == "brew";
    const ProgramRun root = with_tools("sh common/setup.sh", "NO_INSTALL=1"), user = with_tools("sh common/setup.sh", "USER_ID=1000 NO_INSTALL=1");
    EXPECT_EQ(root.status, 1) << manager;
    EXPECT_EQ(root.output, missing + "To install them:  " + words + packages + "\n");
    EXPECT_EQ(user.output, missing + "To install them:  " + (brew ? "" : "sudo ") + words + packages + "\n");
    // Without the rights nobody is asked for a password, and nothing is installed.
    if (!brew) {
      EXPECT_EQ(with_tools("sh common/setup.sh", "USER_ID=1000").output, user.output);
    }
    EXPECT_FALSE(fs::exists(folder / "called")) << read("called");
    no_tool(manager);
  }
  EXPECT_TRUE(contains(with_tools("sh common/setup.sh", "MODULESHOME=/there").output, "\nThis looks like a cluster: try 'module avail'"));
}

TEST_F(Setup, InstallsWhatIsMissingAndWritesWhatItFound) {
  link("make gzip sha256sum");
  make_compiler();
  tool("apt-get", "echo \"$*\" >>" + file("called") + "\necho the manager speaks\n[ ! -e " + file("broken") + " ] || exit 1\n[ \"$1\" = install ] || exit 0\n"
                  "for tool in mpicxx.mpich mpiexec.mpich; do printf '#!/bin/sh\\ncat >/dev/null\\n' >" + file("tools/") + "$tool; chmod +x " + file("tools/") +
                  "$tool; done\n: >" + file("installed") + "\n");
  link("chmod");
  const std::string packages = "mpich libmpich-dev libgtest-dev ", install = "install -y --no-install-recommends " + packages;
  write("broken", "");
  const ProgramRun broken = with_tools("sh common/setup.sh " + file("found.mk"));
  EXPECT_EQ(broken.status, 1);
  EXPECT_EQ(broken.output, "installing: " + packages + "(by apt)\nthe manager speaks\nmissing: mpi gtest\nTo install them:  apt-get " + install + "\n");
  EXPECT_FALSE(fs::exists(folder / "found.mk"));
  fs::remove(folder / "broken"), fs::remove(folder / "called");

  const ProgramRun first = with_tools("sh common/setup.sh " + file("found.mk"));
  EXPECT_EQ(first.status, 0) << first.output;
  EXPECT_EQ(first.output, "installing: " + packages + "(by apt)\n");
  EXPECT_EQ(read("called"), "update -q\n" + install.substr(0, install.size() - 1) + "\n");
  const std::string found = "# Written by common/setup.sh: what it found on this machine.\nCXX := g++\nMPICXX ?= mpicxx.mpich\nMPIEXEC ?= mpiexec.mpich\n";
  EXPECT_EQ(read("found.mk"), found);

  // Again: nothing is installed, and the file stays as old as it is. What the caller chose stands; another MPI has no simulator.
  const auto written = fs::last_write_time(folder / "found.mk") - std::chrono::hours(1);
  fs::last_write_time(folder / "found.mk", written);
  const ProgramRun again = with_tools("sh common/setup.sh " + file("found.mk"));
  EXPECT_TRUE(again.status == 0 && again.output.empty()) << again.output;
  EXPECT_EQ(fs::last_write_time(folder / "found.mk"), written);
  tool("mpicxx.other", "exit 1\n");
  EXPECT_EQ(with_tools("sh common/setup.sh " + file("found.mk"), "CXX=g++ MPICXX=mpicxx.other MPIEXEC='mpiexec.mpich -f hosts'").status, 0);
  EXPECT_EQ(read("found.mk"), "# Written by common/setup.sh: what it found on this machine.\nMPICXX ?= mpicxx.other\nMPIEXEC ?= mpiexec.mpich -f hosts\n"
                              "NO_SIMULATOR := yes\n");
  EXPECT_EQ(with_tools("sh common/setup.sh", "NO_INSTALL=1").output, "everything needed is here: g++, mpicxx.mpich, mpiexec.mpich, GoogleTest\n");
  const ProgramRun lost = with_tools("sh common/setup.sh", "MPIEXEC='srun -n 2'");
  EXPECT_EQ(lost.status, 1);
  EXPECT_EQ(lost.output, "srun: chosen by CXX, MPICXX or MPIEXEC, but not found\n");
  fs::remove(folder / "installed");
  tool("apt-get", "exit 0\n");
  EXPECT_TRUE(contains(with_tools("sh common/setup.sh").output, "\nThey were installed just now, but are still not found: look at PATH, CPPFLAGS and LDFLAGS.\n"));
}

// ---- doctor.sh ----

struct Doctor : Setup {
  void SetUp() override {
    Setup::SetUp();
    link("make gzip sha256sum sed awk tr cut grep timeout env chmod nproc find uname");
    write("installed", "");
    tool("g++", "case $* in *print-file-name=*) echo /here/${1#*=} ;; *-march=none*) exit 1 ;; *--version*) echo 'g++ (of the test) 12' ;;\n"
                "  *-dM*) echo '#define __AVX2__ 1'; echo '#define __FMA__ 1' ;; *' -o '*) : ;; *) cat >/dev/null ;; esac\n");
    // What it builds says what the test wants to hear.
    tool("mpicxx.mpich", "case $* in *' -o '*) [ -z \"${NO_MPI_PROGRAM:-}\" ] || { echo 'no mpi.h'; exit 1; }\n"
                         "  for out; do :; done; printf '#!/bin/sh\\necho \"rank $RANK of ${WORLD:-2}|${LIBRARY:-MPICH Version: 4.2}\"\\n' >$out; chmod +x $out ;;\n"
                         "  *) cat >/dev/null ;; esac\n");
    tool("mpiexec.mpich", "if [ \"$1\" = --version ]; then echo 'HYDRA build details:'; echo '    Version:   4.2'; exit; fi\n"
                          "[ -z \"${NO_START:-}\" ] || { echo 'nobody starts' >&2; exit 3; }\nshift 2\nRANK=0 \"$@\"\nRANK=${SECOND:-1} \"$@\"\n");
  }
  ProgramRun look(const std::string& settings = "") const { return with_tools("sh common/doctor.sh", settings); }
};

TEST_F(Doctor, FindsNothingInTheWayWhereEverythingIs) {
  tool("gnuplot", "echo 'gnuplot 5.4'\n");
  const ProgramRun run = look();
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* words : {"Needed:\n  ok       compiler: g++, g++ (of the test) 12\n  ok       -march=native:  AVX2 FMA\n  ok       MNIST ships in common/data/mnist\nMPI:\n",
                            "\n  ok       library: MPICH Version: 4.2 (by mpicxx.mpich)\n  ok       launcher: mpiexec.mpich, HYDRA build details: Version: 4.2",
                            "\n  ok       two processes are rank 0 and rank 1 of 2\n  ok       cores: ", "\n  note     no GPU\n  note     no CUDA Toolkit\n",
                            "\n  ok       make builds .cu files for the CPU, and make train runs on the cores (DEVICE=cpu|cuda)\nOptional extras:\n"
                            "  ok       gnuplot: gnuplot 5.4\n  note     pandoc is not installed (slides and book)\n",
                            "\n  note     node is not installed (the tests of the live figures)\nNothing is in the way.\n"})
    EXPECT_TRUE(contains(run.output, words));
  EXPECT_FALSE(contains(run.output, "PROBLEM"));
  const ProgramRun gpu = look("CUDA=gpu LIBRARY='Open MPI v4.1'");
  EXPECT_EQ(gpu.status, 0);
  EXPECT_TRUE(contains(gpu.output, "\n  note     tested with MPICH; other MPI-3.1 libraries should do\n"));
  EXPECT_TRUE(contains(gpu.output, "\n  ok       make builds .cu files for the GPU, and make train runs there (DEVICE=cpu|cuda)\n"));
}

// One thing is wrong at a time: its line, the advice, the number of problems and the status.
TEST_F(Doctor, SaysEachProblemWithItsAdvice) {
  const struct {
    const char *settings, *problem, *advice;
  } cases[] = {
      {"MARCH=none", "g++ does not know -march=none", "make MARCH=x86-64-v3 (any x86 server since about 2015) or make MARCH= (any machine)"},
      {"NO_MPI_PROGRAM=1", "mpicxx.mpich cannot build an MPI program: no mpi.h", "sh common/setup.sh, or choose another: make MPICXX=..."},
      {"NO_START=1", "mpiexec.mpich cannot start two processes: nobody starts", "start the launcher that belongs to mpicxx.mpich: make MPIEXEC=..."},
      {"SLURM_JOBID=7", "launch: this shell is part of a batch job, whose srun does not work here (a container?). ",
       "For ranks on this host alone: export HYDRA_LAUNCHER=fork HYDRA_RMK=user"},
      {"WORLD=1 SECOND=0", "both processes are rank 0 of 1: the launcher mpiexec.mpich is not that of the library",
       "use the two of one MPI: make MPICXX=mpicxx.mpich MPIEXEC=mpiexec.mpich; on Debian and Ubuntu 'update-alternatives --display mpi' shows the default"},
      {"WORLD=3", "two processes reported: rank 0 of 3,rank 1 of 3,", "look at: mpiexec.mpich -n 2 hostname"},
  };
  for (const auto& [settings, problem, advice] : cases) {
    const ProgramRun run = look(settings);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_TRUE(contains(run.output, "\n  PROBLEM  " + std::string(problem) + "\n           -> " + advice + "\n"));
    EXPECT_TRUE(run.output.ends_with("\n1 problem(s).\n")) << run.output;
  }
  no_tool("mpicxx.mpich");
  const ProgramRun none = look("MARCH=none");
  EXPECT_TRUE(contains(none.output, "Needed:\n  PROBLEM  missing: mpi\n"));
  EXPECT_TRUE(contains(none.output, "\n  PROBLEM  no MPI compiler or launcher\n           -> sh common/setup.sh\n"));
  EXPECT_TRUE(none.output.ends_with("problem(s).\n") && none.status == 1) << none.output;
}

// GPUs and a Toolkit: which of them can do something together.
TEST_F(Doctor, LooksAtGpusAndTheToolkit) {
  tool("nvidia-smi", "case \"$*\" in *query-gpu*) printf 'A GPU, 1.0\\nA GPU, 1.0\\nA GPU, 1.0\\n' ;;\n"
                     "  *p2p*) printf ' \\tGPU0\\tGPU1\\tGPU2\\n GPU0\\tX\\tOK\\tCNS\\n GPU1\\tOK\\tX\\tCNS\\n GPU2\\tCNS\\tCNS\\tX\\n' ;;\n"
                     "  *-m*) printf '\\tGPU0\\tGPU1\\tGPU2\\nGPU0\\t X \\tNV12\\tSYS\\nGPU1\\tNV12\\t X \\tNV4\\nGPU2\\tSYS\\tNV4\\t X \\n' ;;\n"
                     "  *) echo '| Driver Version: 550   CUDA Version: 12.4  |' ;; esac\n");
  const ProgramRun without = look();
  EXPECT_EQ(without.status, 0) << without.output;
  EXPECT_TRUE(contains(without.output, "\n  note     no nvcc on the PATH: the GPU stays idle; add the toolkit's bin folder to PATH, or: make NVCC=/path/to/nvcc\n"
                                       "  ok       GPUs that can read each other's memory: 1 of 3 pairs, 2 by NVLink (common/cluster/README.md)\n  note     which ranks reach each other, how, and what to do about it: make 05-reach RANKS=3\n"));
  const auto make_nvcc = [&](const std::string& release) {
    tool("nvcc", "case \"$*\" in *--version*) echo 'Cuda compilation tools, release " + release + ", V1' ;;\n"
                 "  *list-gpu-arch*) printf 'compute_75\\ncompute_80\\ncompute_90\\n' ;;\n"
                 "  *dryrun*) echo '#$ LIBRARIES=  \"-L/a/stubs\" \"-L/a/lib\"' >&2 ;; esac\n");
  };
  make_nvcc("12.3");
  const ProgramRun good = look("NVCC=nvcc"), options = with_tools("sh common/cuda_on_cpu/toolkit.sh nvcc");
  EXPECT_EQ(good.status, 0) << good.output;
  EXPECT_TRUE(contains(good.output, "\n  ok       CUDA Toolkit: nvcc, release 12.3, builds for sm_75, sm_80, sm_90\n"));
  EXPECT_EQ(options.output, "75,80,90 -L/a/stubs -L/a/lib\n");
  make_nvcc("13.0");
  const ProgramRun newer = look("NVCC=nvcc");
  EXPECT_EQ(newer.status, 1);
  EXPECT_TRUE(contains(newer.output, "\n  PROBLEM  the driver runs CUDA up to release 12, the Toolkit is of release 13.0\n           -> a newer driver, or an older Toolkit: "
                                     "make NVCC=/path/to/nvcc; or make CUDA=cpu\n"));
  make_nvcc("11.8");
  const ProgramRun old = look("NVCC=nvcc"), no_options = with_tools("sh -c 'sh common/cuda_on_cpu/toolkit.sh nvcc 2>/dev/null'");
  EXPECT_EQ(old.status, 0) << old.output;
  EXPECT_TRUE(contains(old.output, "\n  note     nvcc (release 11.8) is not used: C++20 needs CUDA 12 or newer\n"));
  EXPECT_TRUE(no_options.status == 0 && no_options.output.empty()) << no_options.output;
  EXPECT_EQ(with_tools("sh common/cuda_on_cpu/toolkit.sh no_nvcc").output, "no_nvcc (release unknown) is not used: C++20 needs CUDA 12 or newer\n");
}

// ---- readme.sh: what a text shows ----

struct Texts : Scripts {
  static std::string block(const std::string& kind, const std::string& command, const std::string& shown) {
    return "<!-- " + kind + ": " + command + " -->\n```text\n" + shown + "```\n";
  }
  ProgramRun paste(const std::string& option) { return run_program("sh common/readme.sh " + option + " " + file("a.md")); }
};

TEST_F(Texts, ArePastedOnRequestAndChecked) {
  const auto text = [](const std::string& run, const std::string& check, const std::string& other) {
    return "# Title\n```text\nnot pasted\n```\n" + block("run", "echo ran", run) + "between\n" + block("check", "printf 'one\\ntwo\\n'", check) +
           block("check", "echo no; exit 77", other) + "the end, without a line's end";
  };
  const std::string old = text("old\nolder\n", "one\n", "as it was\n"), whole = "the end, without a line's end";
  write("a.md", old);
  const ProgramRun checked = paste("--check");
  EXPECT_EQ(checked.status, 1);
  EXPECT_TRUE(contains(checked.output, file("a.md") + " shows an old output; `sh common/readme.sh --diffs " + file("a.md") + "` pastes the new one:\n"));
  EXPECT_TRUE(contains(checked.output, "two\n"));
  EXPECT_FALSE(contains(checked.output, "ran"));
  EXPECT_EQ(read("a.md"), old) << "it only looks";

  const ProgramRun pasted = paste("--diffs");
  EXPECT_EQ(pasted.status, 0) << pasted.output;
  EXPECT_EQ(read("a.md"), text("old\nolder\n", "one\ntwo\n", "as it was\n") + "\n");
  EXPECT_TRUE(contains(pasted.output, "  run      printf 'one\\ntwo\\n'\n"));
  const ProgramRun fresh = paste("--check");
  EXPECT_TRUE(fresh.status == 0 && fresh.output.empty()) << fresh.output;

  EXPECT_EQ(paste("").status, 0);
  EXPECT_EQ(read("a.md"), text("ran\n", "one\ntwo\n", "as it was\n") + "\n");

  const std::string failing = block("check", "echo half; exit 3", "as it was\n");
  write("a.md", failing);
  const ProgramRun failed = paste("--diffs");
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(contains(failed.output, "error: " + file("a.md") + ": 'echo half; exit 3' failed\n"));
  EXPECT_EQ(read("a.md"), failing);
}

// ---- page.sh: pages of the book, as pandoc is told to make them ----

TEST_F(Scripts, TheBookKnowsItsPages) {
  link("sh ls basename sed dirname mktemp rm mkdir cat find sort grep");
  tool("pandoc", "case $1 in --help) echo \"${SAYS:---embed-resources}\"; exit ;; esac\necho \"text=$BOOK_TEXT $*\" >told\n"
                 "while [ \"$1\" != --metadata-file ]; do shift; done; cat \"$2\" >pages\nwhile [ $# -gt 1 ]; do shift; done; cat \"$1\" >source\n");
  const std::pair<const char*, const char*> titles[] = {{"README.md", "Start \"here\""}, {"chapters/01_a/README.md", "One"}, {"chapters/02_b/README.md", "Two"},
                                                        {"chapters/glossary.md", "Words"}, {"exercises/README.md", "Tasks"}, {"common/tool_x/README.md", "Tool"}};
  for (const auto& [name, title] : titles) {
    fs::create_directories((folder / name).parent_path());
    write(name, "words before\n# " + std::string(title) + "\n\n# Not this\n");
  }
  fs::create_directories(folder / "build/live");
  write("build/live/01_a.html", "");
  const struct {
    const char *name, *title, *group;
  } pages[] = {{"index", "Start \\\"here\\\"", "Start"}, {"01\\_a", "One", "Chapters"}, {"02\\_b", "Two", ""}, {"glossary", "Words", ""}, {"exercises", "Tasks", "Teaching"},
               {"tool\\_x", "Tool", "Tools"}};
  const auto list = [&](size_t open) {
    std::string all = "pages:\n";
    for (size_t i = 0; i < std::size(pages); ++i)
      all += line("  - { name: '%s', title: \"%s\", group: \"%s\", open: %s }\n", pages[i].name, pages[i].title, pages[i].group, i == open ? "true" : "false");
    return all;
  };
  const auto neighbour = [&](const char* which, size_t i) { return line("%s: { name: '%s', title: \"%s\" }\n", which, pages[i].name, i ? pages[i].title : "Start \"here\""); };
  const auto make = [&](const std::string& what, const std::string& settings = "") {
    const ProgramRun run = with_tools("sh -c 'cd " + folder.string() + " && sh " + fs::current_path().string() + "/common/book/page.sh " + what + "'", settings);
    EXPECT_EQ(run.status, 0) << run.output;
    return run.output;
  };
  EXPECT_EQ(make("chapters/01_a/README.md"), "  book     build/book/01_a.html\n");
  EXPECT_EQ(read("pages"), list(1) + neighbour("next", 2) + neighbour("previous", 0) + "sources: '01\\_a'\n");
  EXPECT_TRUE(contains(read("told"), "text=chapters/01_a/README.md ") && contains(read("told"), " --include-after-body build/live/01_a.html --from gfm"));
  EXPECT_TRUE(contains(read("told"), " --embed-resources --standalone ") && contains(read("told"), " --metadata pagetitle:One "));
  EXPECT_TRUE(contains(read("told"), " --resource-path .:chapters/01_a ") && contains(read("told"), " --output build/book/01_a.html "));

  EXPECT_EQ(make("README.md", "SAYS=--self-contained"), "  book     build/book/index.html\n");
  EXPECT_EQ(read("pages"), list(0) + neighbour("next", 1));
  EXPECT_TRUE(contains(read("told"), " --self-contained ") && !contains(read("told"), "include-after"));
  make("common/tool_x/README.md");
  EXPECT_EQ(read("pages"), list(5) + neighbour("previous", 4) + "sources: 'tool\\_x'\n");

  for (const char* name : {"b.cpp", "a.cuh", "c.sh", "d", "plot.svg", "numbers.csv"}) write("chapters/02_b/" + std::string(name), "in " + std::string(name) + "\n");
  EXPECT_EQ(make("--files chapters/02_b"), "  book     build/book/02_b_files.html\n");
  EXPECT_EQ(read("pages"), list(2) + "files-page: true\nsources: '02\\_b'\n");
  EXPECT_TRUE(contains(read("told"), " --metadata pagetitle:Two: the files "));
  std::string files;
  for (const auto& [name, language] : {std::pair{"a.cuh", "cpp"}, {"b.cpp", "cpp"}, {"c.sh", "bash"}, {"d", "text"}})
    files += line("\n## %s {id=\"%s\"}\n\n~~~~~~~~~~ {.%s}\nin %s\n\n~~~~~~~~~~\n", name, name, language, name);
  EXPECT_EQ(read("source"), files);
}

// ---- virtual_cluster.sh: what it refuses before it makes anything, and what it says of hosts that there are ----

TEST_F(Scripts, AVirtualClusterRefusesFirst) {
  link("sh awk sort sed dirname cat tr");
  tool("id", "echo ${USER_ID:-0}\n");
  tool("ip", "case $* in 'netns list') printf \"$HOSTS\" ;; *' -br addr show eth0') echo \"eth0 UP 10.77.0.${2#vc}/24 fe80::1/64\" ;;\n"
             "  'netns exec '*' tc qdisc show dev eth0') printf \"netem of $3\\ntbf\\n\" ;; *) echo \"made: $*\" ;; esac\n");
  const auto refused = [&](const std::string& words, const std::string& command, const std::string& settings = "") {
    const ProgramRun run = with_tools("sh common/cluster/virtual_cluster.sh " + command, "HOSTS= " + settings);
    EXPECT_EQ(run.status, 1) << command;
    EXPECT_EQ(run.output, "virtual_cluster.sh: " + words + "\n") << command;
  };
  for (const char* command : {"up 2", "down", "run 2 true"}) refused("needs root: it makes network namespaces (try sudo)", command, "USER_ID=1000");
  for (const char* count : {"0", "201"}) refused("up: 1 to 200 hosts, not " + std::string(count), "up " + std::string(count));
  refused("up: 3x is not a number of hosts", "up 3x --rate 1gbit");
  refused("unknown option --speed", "up 3 --delay 5us --speed 1gbit");
  for (const char* count : {"1", "200"}) refused("a virtual cluster is up already; take it down first", "up " + std::string(count), "HOSTS='vc1 (id: 3)\\n'");
  const ProgramRun help = with_tools("sh common/cluster/virtual_cluster.sh");
  EXPECT_EQ(help.status, 2);
  EXPECT_TRUE(help.output.starts_with("virtual_cluster.sh: a cluster of several hosts") && help.output.ends_with(" in place of ssh.\n"));
  if (fs::exists("/run/virtual_cluster")) return;  // of that one there would be more to say
  EXPECT_EQ(with_tools("sh common/cluster/virtual_cluster.sh status", "HOSTS='vc\\nother1\\nvc1x\\n'").output, "no virtual cluster\n");
  std::string all;
  for (const char* i : {"1", "2", "10"}) all += line("vc%s 10.77.0.%s/24: netem of vc%s;tbf;\n", i, i, i);
  EXPECT_EQ(with_tools("sh common/cluster/virtual_cluster.sh status", "HOSTS='vc10 (id: 2)\\nvc2\\nvc1 (id: 0)\\n'").output, all);
}

// ---- unpack.sh ----

TEST_F(Scripts, AnArchiveThatNobodyKnowsIsRefused) {
  write("SHA256SUMS", "0000  another.gz\n");
  ASSERT_EQ(run_program("echo x | gzip -c >" + file("a.gz")).status, 0);
  const ProgramRun run = run_program("sh common/data/unpack.sh " + file("a.gz") + " " + file("a"));
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.output, "error: " + file("a.gz") + ": has no line in " + folder.string() + "/SHA256SUMS\n");
  EXPECT_FALSE(fs::exists(folder / "a") || fs::exists(folder / "a.new"));
}

// ---- job.sh: how many ranks a job of Slurm has ----

TEST_F(Scripts, AJobAsksForItsRanks) {
  const std::string job = "env -u SLURM_NTASKS -u SLURM_TASKS_PER_NODE -u SLURM_NNODES -u SLURM_NTASKS_PER_NODE SLURM_JOB_ID=5 SLURM_JOB_NODELIST=a,b ";
  const std::string end = " MPIEXEC='echo started' sh common/cluster/job.sh a program";
  const std::pair<const char*, const char*> jobs[] = {{"SLURM_NTASKS=3 SLURM_TASKS_PER_NODE=8", "3"}, {"SLURM_TASKS_PER_NODE='2(x3),1'", "7"},
                                                      {"SLURM_NNODES=3 SLURM_NTASKS_PER_NODE=4", "12"}};
  for (const auto& [settings, ranks] : jobs)
    EXPECT_EQ(run_program(job + settings + end).output, "job 5: " + std::string(ranks) + " ranks on a,b\nstarted a program\n") << settings;
  const ProgramRun none = run_program(job + end);
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.output, "job.sh: Slurm says no number of tasks: is this a job? sbatch common/cluster/job.sh\n");
}

// ---- timeline: a picture of a trace that is written here ----

struct Timeline : Scripts {
  static std::string event(const char* name, const char* kind, int rank, double begin_ms, double ms, const std::string& args = "") {
    return line("{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":0,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"args\":{%s}},\n", name, kind, rank, 1000 * (500 + begin_ms),
                1000 * ms, args.c_str());
  }
  ProgramRun draw(const std::string& window = "") const { return run_program("sh common/mpi_guard/timeline " + file("trace.json") + " " + window); }
};

// The picture is 1100 wide, from x = 76 on, whatever the time; a rank is a lane.
TEST_F(Timeline, HasPlacesSharesAndWordsByHand) {
  std::string trace = "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":0,\"tid\":1,\"args\":{\"name\":\"rank 1 on box\"}},\n";
  trace += event("forward 3", "compute", 0, 0, 4) + event("MPI_Send", "send", 0, 4, 1, "\"communicator\":\"w\",\"bytes\":12,\"peer\":1,\"tag\":0") +
           event("MPI_Recv", "receive", 1, 0, 5, "\"bytes\":12,\"peer\":-2") + event("backward 3", "compute", 1, 5, 5) + event("MPI_Barrier", "collective", 0, 5, 5);
  write("trace.json", trace);
  const ProgramRun all = draw(), part = draw("3 7"), rest = draw("8");
  ASSERT_EQ(all.status, 0) << all.output;
  EXPECT_TRUE(contains(all.output, ">2 ranks, 10.000 ms</text>"));
  EXPECT_TRUE(contains(part.output, ">2 ranks, 4.000 ms</text>"));
  EXPECT_TRUE(contains(rest.output, ">2 ranks, 2.000 ms</text>"));
  // The shares are those of all the time of all ranks, 20 ms, whatever the window.
  for (const ProgramRun* run : {&all, &part, &rest})
    for (const char* share : {">forward 20 %<", ">backward 25 %<", ">send 5 %<", ">receive 25 %<", ">collective 25 %<"}) EXPECT_TRUE(contains(run->output, share));
  const auto box = [](const ProgramRun& run, const std::string& title, double from, double to, double begin, double end) {
    const double x = 76 + 1100 * (std::max(begin, from) - from) / (to - from), right = 76 + 1100 * (std::min(end, to) - from) / (to - from);
    return contains(run.output, "<title>" + title + "</title>" + line("<rect x=\"%.2f\" y=\"", x)) &&
           contains(run.output.substr(run.output.find("<title>" + title)), line("\" width=\"%.2f\" height=\"", right - x));
  };
  const struct {
    const char* title;
    double begin, end;
  } events[] = {{"forward 3, 4.000 ms, at 0.000 ms", 0, 4}, {"MPI_Send, 1.000 ms, at 4.000 ms, rank 1, 12 bytes", 4, 5},
                {"MPI_Recv, 5.000 ms, at 0.000 ms, any rank, 12 bytes", 0, 5}, {"backward 3, 5.000 ms, at 5.000 ms", 5, 10}, {"MPI_Barrier, 5.000 ms, at 5.000 ms", 5, 10}};
  for (const auto& [title, begin, end] : events) {
    EXPECT_TRUE(box(all, title, 0, 10, begin, end)) << title << all.output;
    EXPECT_TRUE(box(part, title, 3, 7, begin, end)) << title << part.output;
    EXPECT_EQ(contains(rest.output, title), end > 8) << title;
  }
  EXPECT_TRUE(contains(all.output, ">rank 1<title>rank 1 on box</title>"));
  for (const auto& [mark, x] : {std::pair{"0", 76}, {"1", 186}, {"5", 626}}) EXPECT_TRUE(contains(all.output, line("<text x=\"%.1f\" y=\"158\" font-size=\"12\" fill=\"#666\" text-anchor=\"middle\">%s</text>", double(x), mark)));
  write("trace.json", "{}\n");
  const ProgramRun none = draw();
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.output, "the trace holds no event\n");
  EXPECT_EQ(run_program("sh common/mpi_guard/timeline").status, 2);
}

// ---- launch ----

// What each launcher is told, word by word, and what its programs find in their environment.
TEST_F(Setup, ALauncherIsToldWhatItKnows) {
  link("env sed");
  const auto make_launcher = [&](const std::string& name, const std::string& version) {
    tool(name, "if [ \"$1\" = --version ]; then echo '" + version + "'; exit; fi\nprintf '%s|' \"${0##*/}\" \"$@\"\n"
               "echo \"$EXPECT_RANKS, ${PMI_RANK:-none} ${PMIX_NAMESPACE:-none} ${OMPI_MCA_ess:-none}\"\n");
  };
  const std::string started = "sh common/mpi/launch 3 program 'a b' c", job = "PMI_RANK=1 PMIX_NAMESPACE=x OMPI_MCA_ess=y ";
  const ProgramRun none = with_tools(started), usage = with_tools("sh common/mpi/launch 3");
  EXPECT_TRUE(none.status == 127 && none.output == "no mpiexec found: install MPICH, or set MPIEXEC\n") << none.output;
  EXPECT_TRUE(usage.status == 2 && usage.output == "usage: common/mpi/launch [--restarts N] RANKS PROGRAM [ARGUMENTS]\n") << usage.output;
  const std::string end = "program|a b|c|3, none none none\n";
  for (const char* name : {"mpirun", "mpiexec", "mpiexec.hydra", "mpiexec.mpich"}) {  // each is preferred to those before it
    make_launcher(name, "HYDRA build details:");
    EXPECT_EQ(with_tools(started, job).output, std::string(name) + "|-n|3|" + end);
  }
  EXPECT_EQ(with_tools(started, job + "MPIEXEC='mpirun -f hosts'").output, "mpirun|-f|hosts|-n|3|" + end);
  make_launcher("mpirun", "mpirun (Open MPI) 4.1.4");
  const std::string open_mpi = "mpirun|-n|3|--oversubscribe|--bind-to|none|-x|EXPECT_RANKS|-x|TERM|";
  EXPECT_EQ(with_tools(started, job + "MPIEXEC=mpirun").output, open_mpi + "--allow-run-as-root|" + end);
  EXPECT_EQ(with_tools(started, job + "MPIEXEC=mpirun USER_ID=1000").output, open_mpi + end);
  // Inside a job: with its tool, or without it if somebody says so.
  for (const char* in_job : {"SLURM_JOBID=7", "PE_HOSTFILE=f", "LSB_JOBID=7"}) {
    EXPECT_EQ(with_tools(started, in_job).status, 69) << in_job;
    EXPECT_EQ(with_tools(started, in_job + std::string(" HYDRA_LAUNCHER=fork")).output, "mpiexec.mpich|-n|3|" + end);
    EXPECT_EQ(with_tools(started, in_job + std::string(" MPIEXEC='mpiexec.mpich -launcher ssh'")).output, "mpiexec.mpich|-launcher|ssh|-n|3|" + end);
  }
  tool("srun", "exit 0\n");
  EXPECT_EQ(with_tools(started, "SLURM_JOBID=7").output, "mpiexec.mpich|-n|3|" + end);
  for (const bool up : {true, false}) {
    tool("scontrol", std::string("echo Slurmctld is ") + (up ? "UP\n" : "DOWN\n"));
    EXPECT_EQ(with_tools(started, "SLURM_JOBID=7").status, up ? 0 : 69);
  }
}

// ---- Scripts of chapters that make tables and pictures of what programs print ----

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
    const auto draw = [&] { return with_tools("sh " + std::string(script) + " " + record); };
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
}

// Chapter 10's picture: from a millisecond before the first rank has ended its second update to four after the last one has ended its third.
TEST_F(Timeline, OfTheGridIsItsThirdStep) {
  if (!fs::exists("chapters/10_hybrid/timeline.sh")) GTEST_SKIP() << "skipped: no chapter 10 here";
  std::string trace;
  for (int step = 0; step < 5; ++step)
    for (int rank = 0; rank < 2; ++rank)
      trace += event("forward 0", "compute", rank, 20 * step, 10) + event("update", "compute", rank, 20 * step + 15 + rank, 2);
  write("trace.json", trace);
  fs::create_directories(folder / "chapters/13_scaling");
  std::ofstream(folder / "chapters/13_scaling/train") << "#!/bin/sh\necho \"$*\"\nwhile [ $1 != --trace ]; do shift; done\ncp " << file("trace.json") << " $2\n";
  fs::permissions(folder / "chapters/13_scaling/train", fs::perms::owner_all);
  const ProgramRun run = run_program("B=" + folder.string() + " sh chapters/10_hybrid/timeline.sh " + file("step.svg"));
  EXPECT_TRUE(run.status == 0 && run.output.empty()) << run.output;
  // Ends: 20 + 17 on rank 0, 40 + 18 on rank 1.
  EXPECT_EQ(read("step.svg"), draw("36 62").output);
  EXPECT_TRUE(contains(read("step.svg"), ">2 ranks, 26.000 ms</text>"));
}

}  // namespace
