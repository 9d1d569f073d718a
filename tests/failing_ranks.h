// One rank fails: every program over MPI, every place where it reads what a user gave it or opens a file, and the first, a
// middle or the last rank. Shared by common_failing_ranks_test (one place of each program) and its long sister (all).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/program.h"

struct Failing {
  enum Ranks { any, first };         // where the place is met: on any rank, on rank 0 alone
  std::string program, good, bad;    // options of all ranks; of the one that fails, behind the good ones
  std::string text;                  // its error, the whole of it
  Ranks ranks = any;
  bool quick = false;
  int fewest = 1;                    // ranks that the program needs to get there
  int status = 1;                    // of the job
};

inline std::vector<Failing> all_failing() {
  const std::string train = "--hidden 16,16 --train-samples 500 --epochs 1";
  const std::string no_data = "--data /nonexistent", no_log = "--log /nonexistent/x.csv";
  const std::string data_text = "/nonexistent/train-images-idx3-ubyte: cannot open: No such file or directory";
  const std::string log_text = "/nonexistent/x.csv: cannot write the log: No such file or directory";
  const std::string csv_text = "/nonexistent/x.csv: cannot be written";
  const std::string unknown = "unknown option --nonsense (--help lists the options)";
  std::vector<Failing> all;
  for (const char* program : {"chapters/04_point_to_point/train", "chapters/06_data_parallel/train",
                              "chapters/07_sharded_optimizer/train", "chapters/08_layer_splitting/train",
                              "chapters/09_tensor_parallel/train", "chapters/10_hybrid/train", "chapters/11_fewer_bits/train",
                              "chapters/12_restart/train"}) {
    all.push_back({program, train, no_data, data_text});
    all.push_back({program, train, "--nonsense 1", unknown});
    all.push_back({program, train, no_log, log_text, Failing::first, true});
  }
  for (const char* program :
       {"chapters/04_point_to_point/ping_pong", "chapters/04_point_to_point/ring", "chapters/04_point_to_point/overlap",
        "chapters/05_collectives/bench", "chapters/05_collectives/curves", "chapters/05_collectives/reach", "chapters/05_collectives/steps",
        "chapters/06_data_parallel/bench", "chapters/06_data_parallel/gpu_ways", "chapters/06_data_parallel/order_of_sums",
        "chapters/06_data_parallel/scaling",
        "chapters/07_sharded_optimizer/bench", "chapters/07_sharded_optimizer/between_nodes", "chapters/07_sharded_optimizer/memory",
        "chapters/07_sharded_optimizer/prefetch", "chapters/08_layer_splitting/bench", "chapters/08_layer_splitting/plan",
        "chapters/09_tensor_parallel/bench", "chapters/10_hybrid/bench", "chapters/11_fewer_bits/formats",
        "chapters/11_fewer_bits/messages", "chapters/11_fewer_bits/sharded", "chapters/12_restart/bench", "chapters/12_restart/goodput",
        "chapters/12_restart/predict", "chapters/14_search/search"})
    all.push_back({program, "", "--nonsense 1", unknown});
  const std::string fit = "--rounds 1 --longest 4096 --fit " + build_folder() + "/fit_of_failing_ranks";
  const std::string shared = train + " --allreduce shared-window", overlap = train + " --overlap";
  const std::vector<Failing> more = {
      {"chapters/06_data_parallel/train", shared, no_log, log_text, Failing::first, true},
      {"chapters/06_data_parallel/train", overlap, no_log, log_text, Failing::first},
      {"chapters/04_point_to_point/ping_pong", "--most 8 --rounds 1", no_log, csv_text, Failing::first, false, 2},
      {"chapters/05_collectives/curves", "", "--csv /nonexistent/x.csv", csv_text, Failing::first},
      {"chapters/05_collectives/curves", "", "--fit /nonexistent/f", "/nonexistent/f: cannot be opened", Failing::any, true},
      {"chapters/06_data_parallel/scaling", "--rounds 1", no_data, data_text},
      {"chapters/06_data_parallel/bench", "--rounds 1 --steps 1", no_data, data_text},
      {"chapters/11_fewer_bits/bench", "--rounds 1 --steps 1", no_data, data_text},
      {"chapters/07_sharded_optimizer/memory", "--hidden 8", "--csv /nonexistent/x.csv", csv_text, Failing::first},
      {"chapters/08_layer_splitting/plan", "--schedule gpipe", "--events /nonexistent/x.csv", csv_text, Failing::first},
      {"chapters/08_layer_splitting/bench", "--rounds 1 --steps 1", no_data, data_text},
      {"chapters/08_layer_splitting/train", train, "--schedule interleaved",
       "--schedule interleaved: needs --chunks 2 or more; with one chunk a rank it is 1f1b"},
      {"chapters/10_hybrid/bench", "--rounds 1 --steps 1 --hidden 8", "--machine /nonexistent/f",
       "/nonexistent/f: cannot be opened"},
      {"chapters/10_hybrid/calibrate", fit, "--nonsense 1", unknown},
      {"chapters/10_hybrid/calibrate", fit, "--fit /nonexistent/f", "/nonexistent/f: cannot be written", Failing::first},
      {"chapters/10_hybrid/train", train, "--machine /nonexistent/f", "/nonexistent/f: cannot be opened"},
      {"chapters/12_restart/train", train, "--resume", "--resume: from which --checkpoint folder?"},
      {"chapters/12_restart/predict", "", "--images /nonexistent/i",
       "/nonexistent/i: cannot open: No such file or directory"},
      {"chapters/14_search/search", "--trials 1 --train-samples 256", no_data, data_text, Failing::any, false, 2},
      {"chapters/14_search/search", "--trials 1 --train-samples 256", "--resume", "--resume: needs --log, the record to go on with",
       Failing::any, true},
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

inline int times_in(const std::string& text, const std::string& words) {
  int count = 0;
  for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) count++;
  return count;
}

// The command line of `program` on `ranks` ranks, of which `failing` gets other options than the others.
inline std::string with_one_failing(const Failing& f, int failing, int ranks) {
  const std::string program = build_folder() + "/" + f.program + " " + f.good;
  return "timeout 60 sh common/mpi/launch " + std::to_string(ranks) + " sh -c '[ ${PMI_RANK:-${OMPI_COMM_WORLD_RANK:-0}} = " +
         std::to_string(failing) + " ] && exec " + program + " " + f.bad + "; exec " + program + "'";
}

// What is wrong with the end of such a job, or nothing.
inline std::string complaint(const Failing& f, int failing, int ranks) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string command = with_one_failing(f, failing, ranks);
  const ProgramRun run = run_program(command);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  // A rank that is alone has no number.
  const std::string line = (ranks > 1 ? "rank " + std::to_string(failing) + ": " : "") + f.text + "\n";
  std::string wrong;
  if (times_in(run.output, line) != 1 || times_in(run.output, f.text) != 1) wrong += "not once, whole: " + line;
  if (run.output.find("guard:") != std::string::npos) wrong += "the guard blames the calls\n";
  if (run.status != f.status) wrong += "status " + std::to_string(run.status) + ", expected " + std::to_string(f.status) + "\n";
  if (took.count() > 30) wrong += "took " + std::to_string(took.count()) + " s\n";
  return wrong.empty() ? "" : command + "\n" + wrong + run.output;
}

struct Case {
  Failing failing;
  int rank, ranks;
};

// Most of the time of such a job is patience: several at once.
inline void expect_no_complaints(const std::vector<Case>& cases) {
  std::atomic<size_t> next{0};
  std::vector<std::string> complaints(cases.size());
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; t++)
    threads.emplace_back([&] {
      for (size_t i = next++; i < cases.size(); i = next++)
        complaints[i] = complaint(cases[i].failing, cases[i].rank, cases[i].ranks);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : complaints) EXPECT_EQ(text, "");
}
