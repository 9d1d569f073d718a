// The shell scripts that set a machine up, look at it and start programs on it, on machines that are not here: what they look for, advise,
// install and say to launchers. Each test makes a folder of tools, some of them false, and nothing else is on its PATH.
#include "tests/scripts.h"

namespace {

// ---- setup.sh ----

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
    link("make gzip sha256sum sed awk tr cut grep timeout env chmod nproc find uname sort");
    write("installed", "");
    tool("g++", "case $* in *print-file-name=*) echo /here/${1#*=} ;; *-march=none*) exit 1 ;; *--version*) echo 'g++ (of the test) 12' ;;\n"
                "  *-dM*) echo '#define __AVX2__ 1'; echo '#define __FMA__ 1'; [ -z \"${WIDE:-}\" ] || echo '#define __AVX512F__ 1' ;; *' -o '*) : ;; *) cat >/dev/null ;; esac\n");
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
                            "\n  note     the book's live figures stand still: no clang++-16 wasm-ld-16",
                            "\n  note     node is not installed (the tests of the live figures)\nNothing is in the way.\n"})
    EXPECT_TRUE(contains(run.output, words));
  EXPECT_TRUE(contains(look("WIDE=1").output, "\n  ok       -march=native: AVX-512 AVX2 FMA\n"));
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
      {"SECOND=0", "two processes reported: rank 0 of 2,rank 0 of 2,", "look at: mpiexec.mpich -n 2 hostname"},
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

// Without a compiler nothing is asked of one. setup.sh misses it, too, and says what to install.
TEST_F(Doctor, MissesACompiler) {
  no_tool("g++");
  const ProgramRun run = look();
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "Needed:\n  PROBLEM  missing: compiler gtest\n           -> sh common/setup.sh ("));
  EXPECT_TRUE(contains(run.output, ")\n  PROBLEM  no C++ compiler\n           -> sh common/setup.sh\n  ok       MNIST ships in common/data/mnist\n"));
}

// In a copy of the scripts that has the checksums of the data, and then no longer.
TEST_F(Doctor, MissesTheData) {
  fs::copy("common", folder / "common", fs::copy_options::recursive);
  const auto look_there = [&] { return with_tools("sh " + file("common/doctor.sh")); };
  EXPECT_TRUE(contains(look_there().output, "\n  ok       MNIST ships in common/data/mnist\nMPI:\n"));
  fs::remove(folder / "common/data/mnist/SHA256SUMS");
  const ProgramRun run = look_there();
  EXPECT_EQ(run.status, 1) << run.output;
  EXPECT_TRUE(contains(run.output, "\n  PROBLEM  common/data/mnist is missing\n           -> clone the repository again\nMPI:\n"));
  EXPECT_TRUE(run.output.ends_with("\n1 problem(s).\n")) << run.output;
}

// GPUs and a Toolkit: which of them can do something together.
TEST_F(Doctor, LooksAtGpusAndTheToolkit) {
  tool("nvidia-smi", "case \"$*\" in '--query-gpu=name,driver_version --format=csv,noheader') printf 'A GPU, 1.0\\nA GPU, 1.0\\nA GPU, 1.0\\n' ;;\n"
                     "  'topo -p2p r') printf ' \\tGPU0\\tGPU1\\tGPU2\\n GPU0\\tX\\tOK\\tCNS\\n GPU1\\tOK\\tX\\tCNS\\n GPU2\\tCNS\\tCNS\\tX\\n' ;;\n"
                     "  'topo -m') printf '\\tGPU0\\tGPU1\\tGPU2\\nGPU0\\t X \\tNV12\\tSYS\\nGPU1\\tNV12\\t X \\tNV4\\nGPU2\\tSYS\\tNV4\\t X \\n' ;;\n"
                     "  '') echo '| Driver Version: 550   CUDA Version: 12.4  |' ;; esac\n");
  const ProgramRun without = look();
  EXPECT_EQ(without.status, 0) << without.output;
  EXPECT_TRUE(contains(without.output, "\n  ok       GPU: A GPU, 1.0\nA GPU, 1.0\nA GPU, 1.0\n  note     no nvcc on the PATH: the GPU stays idle; add the toolkit's bin folder to PATH, or: make NVCC=/path/to/nvcc\n"
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

// Tools of a driver are no GPU: one fails where there is no card, another one says nothing.
TEST_F(Doctor, FindsNoGpuWithoutACard) {
  for (const char* says : {"echo 'No devices were found'; exit 9\n", "exit 0\n"}) {
    tool("nvidia-smi", says);
    const ProgramRun run = look();
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_TRUE(contains(run.output, "\nGPU (optional: without one, .cu files run on the CPU):\n  note     no GPU\n  note     no CUDA Toolkit\n"));
  }
}

// Where programs are built for GPUs, chapter 05's says which ranks reach each other, one for each GPU.
TEST_F(Doctor, AsksWhichRanksReachEachOther) {
  tool("nvidia-smi", "case \"$*\" in *query-gpu*) printf 'A GPU, 1.0\\nA GPU, 1.0\\n' ;; esac\n");
  script("chapters/05_collectives/reach", "echo \"rank $RANK of $EXPECT_RANKS\"\n");
  const std::string said = "\n           rank 0 of 2\n           rank 1 of 2\n", note = "make 05-reach RANKS=2\n";
  const ProgramRun gpu = look("CUDA=gpu B=" + folder.string()), cpu = look("CUDA=cpu B=" + folder.string());
  EXPECT_TRUE(contains(gpu.output, said) && !contains(gpu.output, note)) << gpu.output;
  EXPECT_TRUE(contains(cpu.output, note) && !contains(cpu.output, said)) << cpu.output;
}

// ---- launch ----

// What each launcher is told, word by word, and what its programs find in their environment.
TEST_F(Setup, ALauncherIsToldWhatItKnows) {
  link("env sed");
  const auto make_launcher = [&](const std::string& name, const std::string& version) {
    tool(name, "if [ \"$1\" = --version ]; then echo '" + version + "'; exit; fi\nprintf '%s|' \"${0##*/}\" \"$@\"\n"
               "echo \"$EXPECT_RANKS, ${PMI_RANK:-none} ${PMIX_NAMESPACE:-none} ${PMIX_MCA_kept:-none} ${OMPI_MCA_ess:-none}" +
                   (version.find("Open MPI") == std::string::npos ? "" : " ${OMPI_MCA_io_ompio_priority:-none} $TERM") + "\"\n");
  };
  const std::string started = "sh common/mpi/launch 3 program 'a b' c", job = "EXPECT_RANKS=5 PMI_RANK=1 PMIX_NAMESPACE=x PMIX_MCA_kept=z OMPI_MCA_ess=y TERM=xterm ";
  const ProgramRun none = with_tools(started), usage = with_tools("sh common/mpi/launch 3");
  EXPECT_TRUE(none.status == 127 && none.output == "no mpiexec found: install MPICH, or set MPIEXEC\n") << none.output;
  EXPECT_TRUE(usage.status == 2 && usage.output == "usage: common/mpi/launch [--restarts N] RANKS PROGRAM [ARGUMENTS]\n") << usage.output;
  fs::create_directories(folder / "common/mpi");
  fs::copy("common/mpi/launch", folder / "common/mpi/launch");
  const ProgramRun bare = with_tools("sh " + file("common/mpi/launch") + " --restarts 2 3 program");
  EXPECT_TRUE(bare.status == 2 && bare.output == "launch --restarts: chapter 12, which does that, is not here\n") << bare.output;
  const std::string end = "program|a b|c|3, none none z none\n";
  for (const char* name : {"mpirun", "mpiexec", "mpiexec.hydra", "mpiexec.mpich"}) {  // each is preferred to those before it
    make_launcher(name, "HYDRA build details:");
    EXPECT_EQ(with_tools(started, job).output, std::string(name) + "|-n|3|" + end);
  }
  EXPECT_EQ(with_tools(started, job + "MPIEXEC='mpirun -f hosts'").output, "mpirun|-f|hosts|-n|3|" + end);
  make_launcher("mpirun", "mpirun (Open MPI) 4.1.4");
  const std::string open_mpi = "mpirun|-n|3|--oversubscribe|--bind-to|none|-x|EXPECT_RANKS|-x|TERM|", to_a_file = end.substr(0, end.size() - 1) + " 1 dumb\n";
  EXPECT_EQ(with_tools(started, job + "MPIEXEC=mpirun").output, open_mpi + "--allow-run-as-root|" + to_a_file);
  EXPECT_EQ(with_tools(started, job + "MPIEXEC=mpirun USER_ID=1000").output, open_mpi + to_a_file);
  EXPECT_TRUE(contains(with_tools(started, job + "MPIEXEC=mpirun OMPI_MCA_io_ompio_priority=9").output, " 9 dumb\n")) << "who has chosen has chosen";
  // No word of the job that this shell is part of.
  std::string words;
  for (const char* word : {"PMI_RANK", "PMI_SIZE", "PMI_FD", "OMPI_MCA_ess", "OMPI_MCA_pmix", "OMPI_MCA_orte_launch", "OMPI_MCA_orte_ess_num_procs",
                           "ORTE_SCHIZO_DETECTION", "PMIX_RANK", "PMIX_SERVER_URI2"})
    words += std::string(word) + "=7 ";
  tool("teller", "if [ \"$1\" = --version ]; then echo teller; exit; fi\nenv | sed -n '/^[PO][MR].*=7$/p'\n");
  EXPECT_EQ(with_tools(started, words + "MPIEXEC=teller").output, "");
  EXPECT_EQ(with_tools(started, words + "MPIEXEC=teller PMIX_MCA_kept=7").output, "PMIX_MCA_kept=7\n");
  // Inside a job: with its tool, or without it if somebody says so.
  const std::pair<std::string, std::string> jobs[] = {{"SLURM_JOBID=7", "srun"}, {"PE_HOSTFILE=f", "qrsh"}, {"LSB_JOBID=7", "blaunch"}};
  for (const auto& [in_job, starter] : jobs) {
    const ProgramRun refused = with_tools(started, in_job);
    EXPECT_EQ(refused.status, 69) << in_job;
    EXPECT_EQ(refused.output, "launch: this shell is part of a batch job, whose " + starter + " does not work here (a container?)."
                              " For ranks on this host alone: export HYDRA_LAUNCHER=fork HYDRA_RMK=user\n");
    for (const std::string by : {"HYDRA_LAUNCHER", "HYDRA_BOOTSTRAP"})
      EXPECT_EQ(with_tools(started, job + in_job + " " + by + "=fork").output, "mpiexec.mpich|-n|3|" + end);
    for (const std::string by : {"-launcher", "-bootstrap"})
      EXPECT_EQ(with_tools(started, job + in_job + " MPIEXEC='mpiexec.mpich " + by + " ssh'").output, "mpiexec.mpich|" + by + "|ssh|-n|3|" + end);
  }
  for (const auto& [in_job, starter] : jobs) {
    tool(starter, "exit 0\n");
    EXPECT_EQ(with_tools(started, job + in_job).output, "mpiexec.mpich|-n|3|" + end);
  }
  for (const bool up : {true, false}) {
    tool("scontrol", std::string("echo Slurmctld is ") + (up ? "UP\n" : "DOWN\n"));
    EXPECT_EQ(with_tools(started, "SLURM_JOBID=7").status, up ? 0 : 69);
  }
}

}  // namespace
