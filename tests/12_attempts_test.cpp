// What common/mpi/launch --restarts and common/cluster/job.sh do with a program that fails, is stopped, or loses a host: with a launcher
// and a program of the test, which end as they are told.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/program.h"

namespace {

namespace fs = std::filesystem;

class Attempts : public testing::Test {
 protected:
  Attempts() : folder(testing::TempDir() + "attempts_" + std::to_string(getpid())) {
    fs::create_directories(folder);
    // Starts nothing where one of its hosts is gone.
    script("mpiexec", "[ \"$1\" != --version ] || { echo HYDRA; exit 0; }\n"
                      "case $1 in -f | -machinefile | --hostfile) while read -r h; do [ ! -e \"gone_${h%%:*}\" ] || exit 9; done <\"$2\"; shift 2 ;; esac\n"
                      "RANKS=$2; shift 2; RANKS=$RANKS exec \"$@\"");
    // Each attempt takes a line of `plan`: the step whose checkpoint it writes, its status, a host that is gone from then on.
    script("program", "case \"$*\" in *--plan*) for k; do :; done; echo \"asked for $k\" >>said; exit $((k % 2)) ;; esac\n"
                      "echo \"$RANKS ranks: $*\" >>said\nread -r step status gone <plan\nsed -i 1d plan\nmkdir -p saved\n"
                      "[ \"$step\" = none ] || : >saved/step_$(printf %08d \"$step\")\n[ -z \"$gone\" ] || : >\"gone_$gone\"\n"
                      "[ \"$status\" = wait ] || exit \"$status\"\n"
                      "for s in TERM USR1; do trap \"echo $s >>said; exit 75\" $s; done\n: >ready\nwhile :; do sleep 0.05; done");
    script("scontrol", "echo \"scontrol $*\" >>said");
  }
  ~Attempts() override { fs::remove_all(folder); }

  void script(const std::string& name, const std::string& text) const {
    std::ofstream(folder + "/" + name) << "#!/bin/sh\n" << text << "\n";
    fs::permissions(folder + "/" + name, fs::perms::owner_all);
  }
  // Runs a command there; signalled once the program waits.
  ProgramRun in_folder(const std::string& command, const std::string& signal = "") const {
    const std::string here = fs::current_path(), wait = "until [ -e ready ]; do sleep 0.05; done; kill -" + signal + " $p; ";
    return run_program("cd " + folder + " && rm -rf said ready tmp && mkdir tmp && export TMPDIR=$PWD/tmp && ROOT=" + here + " timeout 120 sh -c 'PATH=$PWD:$PATH; " + command +
                       (signal.empty() ? "'" : " & p=$!; " + wait + "wait $p'"));
  }
  // What the program said of its attempts, and what the launcher's last line says.
  ProgramRun attempts(const std::string& plan, const std::string& words, const std::string& signal = "") {
    std::ofstream(folder + "/plan") << plan;
    ProgramRun run = in_folder(words, signal);
    EXPECT_TRUE(fs::is_empty(folder + "/tmp")) << "files are left there";
    everything = run.output;
    last = run.output.substr(0, run.output.find_last_not_of('\n') + 1);
    last = last.substr(last.find_last_of('\n') + 1);
    std::ifstream in(folder + "/said");
    std::stringstream text;
    text << in.rdbuf();
    run.output = text.str();
    fs::remove_all(folder + "/saved");
    for (const char* host : {"gone_a", "gone_b"}) fs::remove(folder + "/" + host);
    return run;
  }
  const std::string launch = "MPIEXEC=${MPIEXECUTE:-$PWD/mpiexec} sh $ROOT/common/mpi/launch --restarts ";
  const std::string folder;
  std::string last, everything;  // that the launcher says
};

TEST_F(Attempts, GoOnUntilTheProgramHasDoneItsWork) {
  const ProgramRun run = attempts("5 1\n12 137\n13 0\n", launch + "3 4 ./program --checkpoint saved --start-over --seed 2");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "4 ranks: --checkpoint saved --start-over --seed 2\n4 ranks: --checkpoint saved --seed 2 --resume\n"
                        "4 ranks: --checkpoint saved --seed 2 --resume\n");
  EXPECT_EQ(last, "launch: attempt 2 ended with status 137, its newest checkpoint is of step 12, 7 further than before; again, on 4 ranks, "
                  "1 restarts left");
}

TEST_F(Attempts, EndWhereOneAchievedNothing) {
  ProgramRun run = attempts("5 1\n5 137\n6 0\n", launch + "9 4 ./program --resume --checkpoint=saved");
  EXPECT_EQ(run.status, 137);
  EXPECT_EQ(run.output, "4 ranks: --resume --checkpoint=saved\n4 ranks: --resume --checkpoint=saved\n");
  EXPECT_EQ(last, "launch: attempt 2 ended with status 137, its newest checkpoint is of step 5: it achieved nothing, nothing more is tried");
  run = attempts("none 3\n6 0\n", launch + "9 4 ./program --checkpoint saved");
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(last, "launch: attempt 1 ended with status 3, without a checkpoint: it achieved nothing, nothing more is tried");
  for (const char* step : {"0", "7"}) {  // step 0 is a checkpoint
    run = attempts(step + std::string(" 3\n9 0\n"), launch + "9 4 ./program --checkpoint saved");
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(last, "launch: attempt 1 ended with status 3, its newest checkpoint is of step " + std::string(step) + ", " + step +
                        " further than before; again, on 4 ranks, 8 restarts left");
  }
}

TEST_F(Attempts, AreAsManyAsAllowed) {
  for (const int restarts : {0, 2}) {
    const ProgramRun run = attempts("1 1\n2 1\n3 4\n4 0\n", launch + std::to_string(restarts) + " 4 ./program --checkpoint saved");
    EXPECT_EQ(run.status, restarts == 0 ? 1 : 4);
    EXPECT_EQ(std::count(run.output.begin(), run.output.end(), '\n'), restarts + 1);
    EXPECT_TRUE(last.ends_with(": no restart is left")) << last;
  }
}

TEST_F(Attempts, EndWithASignalOrStatus75) {
  EXPECT_EQ(attempts("5 75\n6 0\n", launch + "9 4 ./program --checkpoint saved").status, 75);
  for (const std::string signal : {"TERM", "USR1"}) {
    const ProgramRun run = attempts("5 1\n6 wait\n7 0\n", launch + "9 2 ./program --checkpoint saved", signal);
    EXPECT_EQ(run.status, 75) << last;
    EXPECT_EQ(run.output, "2 ranks: --checkpoint saved\n2 ranks: --checkpoint saved --resume\n" + signal + "\n");
  }
}

// Of three hosts the second is gone: 2 and 1 ranks are left. 3 do not make a grid (here: no odd number does), 2 do.
TEST_F(Attempts, GoOnWithTheHostsThatAreLeft) {
  std::ofstream(folder + "/hosts") << "a:2\nb:2\nc:1\n";
  const std::string there = "export MPIEXECUTE=\"$PWD/mpiexec -f hosts\"; " + launch;
  ProgramRun run;
  for (const std::string flag : {"-f", "-machinefile", "--hostfile"}) {
    run = attempts("5 1 b\n6 1\n7 0\n", "export MPIEXECUTE=\"$PWD/mpiexec " + flag + " hosts\"; " + launch + "3 5 ./program --checkpoint saved");
    EXPECT_EQ(run.status, 0) << last;
    EXPECT_EQ(run.output, "5 ranks: --checkpoint saved\nasked for 3\nasked for 2\n2 ranks: --checkpoint saved --resume\n"
                          "2 ranks: --checkpoint saved --resume\n") << flag;
    EXPECT_TRUE(contains(everything, "launch: no process starts on b\n"));
    EXPECT_FALSE(contains(everything, "starts on a") || contains(everything, "starts on c")) << everything;
  }
  // Two are gone, one after the other: of the 1 rank that has room no grid can be made.
  run = attempts("5 1 b\n6 1 a\n7 0\n", there + "3 5 ./program --checkpoint saved");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(last.ends_with(": of 2 ranks there is room for 1, and no grid of this run is so small")) << last;
  // Hosts without numbers share the ranks equally.
  std::ofstream(folder + "/hosts") << "# three,\n# each with two cores\na\nb\nc\n";
  run = attempts("5 1 b\n7 0\n", there + "3 5 ./program --checkpoint saved");
  EXPECT_EQ(run.output, "5 ranks: --checkpoint saved\nasked for 4\n4 ranks: --checkpoint saved --resume\n");
}

TEST_F(Attempts, NeedACheckpointAndNumbers) {
  EXPECT_EQ(attempts("5 0\n", launch + "3 2 ./program --resume").status, 2);
  EXPECT_EQ(last, "launch --restarts: continues from a --checkpoint FOLDER; there is none");
  EXPECT_EQ(attempts("5 0\n", launch + "2 ./program --checkpoint saved").status, 2);
  EXPECT_EQ(last, "launch --restarts: not numbers: 2 ./program");
  EXPECT_EQ(attempts("5 0\n", launch + "2 2").status, 2);
  // Where chapter 12 is not there, as in a hand-out of the chapters before it.
  EXPECT_EQ(attempts("5 0\n", "mkdir -p common/mpi; cp $ROOT/common/mpi/launch common/mpi; sh common/mpi/launch --restarts 3 2 ./program").status, 2);
  EXPECT_EQ(last, "launch --restarts: chapter 12, which does that, is not here");
}

// The signal before the limit is passed on; after it, and after no other, the job queues again.
TEST_F(Attempts, OfAJobQueueAgainBeforeTheLimit) {
  const std::string job = "MPIEXEC=\"$PWD/mpiexec -n 2\" SLURM_NTASKS=2 SLURM_JOB_ID=7 SLURM_JOB_NODELIST=a sh $ROOT/common/cluster/job.sh ./program";
  for (const std::string signal : {"USR1", "TERM"}) {
    const ProgramRun run = attempts("6 wait\n", job, signal);
    EXPECT_EQ(run.status, 75) << last;
    EXPECT_EQ(run.output, "2 ranks: \n" + signal + "\n" + (signal == "USR1" ? "scontrol requeue 7\n" : ""));
  }
  EXPECT_EQ(attempts("6 75\n", job).output, "2 ranks: \n");
  EXPECT_EQ(attempts("6 4\n", job).status, 4);
  std::ifstream in("common/cluster/job.sh");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_NE(text.str().find("\n#SBATCH --signal=B:USR1@"), std::string::npos);
  EXPECT_NE(text.str().find("\n#SBATCH --requeue\n"), std::string::npos);
}

// `make train` where there is a GPU, or something that stands in for it: the name of its file, and an nvcc that compiles nothing.
TEST_F(Attempts, OfTheMainJobAreMadeOnAGpuWhereThereIsOne) {
  script("nvcc", "case $1 in --version) echo 'Cuda compilation tools, release 13.0, V13.0' ;; --list-gpu-arch) echo compute_80 ;; esac");
  std::string cores = run_program("sh common/cores").output;
  cores.pop_back();
  const std::string on_gpu = ", on the GPU; DEVICE=cpu takes the cores", gpu = " gpus_here=/dev/nvidia0";
  const struct {
    std::string settings, ranks, says, device;
  } cases[] = {
      {gpu, "1", on_gpu, "cuda"},
      {" gpus_here='/dev/nvidia0 /dev/nvidia1 /dev/nvidia2'", "3", on_gpu, "cuda"},
      {gpu + " DEVICE=cuda RANKS=5", "5", on_gpu, "cuda"},
      {gpu + " DEVICE=cpu", cores, ", on the cores", "cpu"},
      {gpu + " NVCC=", cores, ", on the cores: there is a GPU and no nvcc", "cpu"},
      {gpu + " CUDA=cpu", cores, ", on the cores: the build is for the CPU", "cpu"},
      {" gpus_here=", cores, ", on the cores: there is no GPU", "cpu"},
      {" gpus_here= DEVICE=auto RANKS=3", "3", ", on the cores: there is no GPU", "cpu"},
      {" gpus_here= DEVICE=cuda", cores, ", with the kernels of CUDA on the cores: there is no GPU", "cuda"},
  };
  for (const auto& c : cases) {
    const ProgramRun run = run_program("env -u CUDA -u DEVICE -u RANKS -u SANITIZE MAKEFLAGS= MAKELEVEL= make -n train NVCC=" + folder + "/nvcc" + c.settings +
                                       " | sed -n 's/^echo .ranks: \\(.*\\).$/\\1/p; s/^sh common.mpi.launch \\([0-9]*\\) .* --device \\([a-z]*\\) .*/\\1 \\2/p'");
    EXPECT_EQ(run.output, c.ranks + c.says + "\n" + c.ranks + " " + c.device + "\n") << c.settings;
  }
}

}  // namespace
