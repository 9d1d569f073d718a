// What chapter 12's programs say of what they cannot do: every word of it, and the status.
#include <gtest/gtest.h>

#include "tests/program.h"

namespace {

ProgramRun launch(int ranks, const std::string& command) {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch " + std::to_string(ranks) + " " + build_folder() + "/chapters/12_restart/" + command);
}

TEST(Checkpoint, SaysWhatItCannotSay) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "what is to be done? (--help lists it)"},
      {"list", "checkpoint list: not with 0 names (--help tells how)"},
      {"list a b", "checkpoint list: not with 2 names (--help tells how)"},
      {"compare README.md", "checkpoint compare: not with 1 names (--help tells how)"},
      {"statistics a b c", "checkpoint statistics: not with 3 names (--help tells how)"},
      {"export", "checkpoint export: not with 0 names (--help tells how)"},
      {"verify", "checkpoint verify: not with 0 names (--help tells how)"},
      {"--verify a", "unknown option --verify (--help lists the options)"},
      {"-verify a", "unexpected argument '-verify' (--help lists the options)"},
      {"verified a", "unexpected argument 'verified' (--help lists the options)"},
      {"list README.md", "README.md: is not a folder"},
      {"list nowhere", "nowhere: is not a folder"},
      {"verify chapters", "chapters: holds no checkpoint"},
      {"compare README.md README.md", "README.md: is not a checkpoint of this program"},
      {"statistics nowhere", "nowhere: cannot be opened: No such file or directory"},
  };
  for (const auto& [options, words] : cases) {
    const ProgramRun run = launch(2, "checkpoint " + std::string(options));
    EXPECT_EQ(run.status, 2) << options;
    EXPECT_EQ(run.output, words + std::string("\n")) << options;
  }
  const ProgramRun bad = launch(2, "checkpoint verify README.md Makefile");
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.output, "README.md: is not a checkpoint of this program\nMakefile: is not a checkpoint of this program\n");
}

TEST(Checkpoint, SaysWhatItCan) {
  for (const char* options : {"--help", "-h", "list --help"}) {
    const ProgramRun run = launch(2, "checkpoint " + std::string(options));
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(run.output, "Looks into checkpoints.\n\n"
                          "  checkpoint list FOLDER             its checkpoints, the newest first\n"
                          "  checkpoint verify FILE...          whether they are good; of a FOLDER all that are in it\n"
                          "  checkpoint compare FILE FILE       how far apart they are, layer by layer\n"
                          "  checkpoint statistics FILE         what numbers its layers hold\n"
                          "  checkpoint export FILE FOLDER      the weights as .npy files, for numpy.load\n\n"
                          "Status 0: yes, or the same bits; 1: damaged, or different; 2: cannot be said.\n");
  }
}

TEST(Predict, NeedsACheckpoint) {
  for (const auto& [name, words] : {std::pair{"chapters", "chapters: holds no checkpoint; `make train` writes one"}, {"README.md", "README.md: is not a checkpoint of this program"}}) {
    const ProgramRun run = launch(2, "predict --checkpoint " + std::string(name));
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.output, words + std::string("\n"));
  }
}

}  // namespace
