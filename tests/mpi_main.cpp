// The main of every MPI test program. Rank 0 speaks; the others are heard only where they fail. A test that
// failed on any rank has failed on all, and every rank ends with the largest exit status.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "common/mpi/session.h"
#include "tests/assertions.h"
#include "tests/mpi_expect.h"

namespace {

// Collects this rank's failures and, after each test, tells rank 0. The ranks run the same tests in the same
// order, so one reduction after each test finds its partners.
class ReportOtherRanks : public ::testing::EmptyTestEventListener {
 public:
  ReportOtherRanks(int rank, int size) : rank_(rank), size_(size) {}

  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (!result.failed()) return;
    failed_ = true;
    const std::string message = result.message();
    if (message.find(mpi_expect::holds_here) != std::string::npos) return;
    const char* file = result.file_name() ? result.file_name() : "unknown file";
    text_ += std::string(file) + ":" + std::to_string(result.line_number()) + ": Failure\n" + message + "\n";
  }

  // Called before the default printer's own OnTestEnd, which therefore shows the verdict of all ranks.
  void OnTestEnd(const ::testing::TestInfo& test) override {
    const bool failed_here = failed_;
    // Whether it failed, and whether it asserted anything or says that it was left out.
    const int mine[2] = {failed_, assertions::made > 0 || test.result()->Skipped()};
    int any[2];
    MPI_CHECK(MPI_Allreduce(mine, any, 2, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
    if (any[0] && rank_ == 0) print_others();
    if (any[0] && rank_ != 0) send_to_rank_0();
    if (any[0] && !failed_here) ADD_FAILURE() << "the test failed on another rank";
    if (!any[0] && !any[1]) assertions::complain();
    failed_ = false;
    text_.clear();
  }

 private:
  // Ranks that say the same are heard once; those that say what rank 0 has said are not heard again.
  void print_others() {
    std::map<std::string, std::string> ranks_saying;
    for (int source = 1; source < size_; source++) {
      int length = 0;
      MPI_CHECK(MPI_Recv(&length, 1, MPI_INT, source, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
      std::string text(length, ' ');
      MPI_CHECK(MPI_Recv(text.data(), length, MPI_CHAR, source, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
      std::string& ranks = ranks_saying[text];
      ranks += (ranks.empty() ? "" : ", ") + std::to_string(source);
    }
    for (const auto& [text, ranks] : ranks_saying)
      if (!text.empty() && text != text_) std::printf("rank %s: %s", ranks.c_str(), text.c_str());
    std::fflush(stdout);
  }

  void send_to_rank_0() {
    const int length = int(text_.size());
    MPI_CHECK(MPI_Send(&length, 1, MPI_INT, 0, 0, MPI_COMM_WORLD));
    MPI_CHECK(MPI_Send(text_.data(), length, MPI_CHAR, 0, 0, MPI_COMM_WORLD));
  }

  int rank_, size_;
  bool failed_ = false;
  std::string text_;
};

}  // namespace

MpiSession* session_of_test = nullptr;

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  session_of_test = &mpi;
  assertions::ranks_are_asked = true;
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (mpi.rank() != 0) {
    delete listeners.Release(listeners.default_result_printer());
    ::testing::GTEST_FLAG(output) = "";
    delete listeners.Release(listeners.default_xml_generator());
  }
  listeners.Append(new ReportOtherRanks(mpi.rank(), mpi.size()));

  int mine = RUN_ALL_TESTS(), worst = 0;
  MPI_CHECK(MPI_Allreduce(&mine, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  return worst;
}
