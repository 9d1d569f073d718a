#include "chapters/12_restart/checkpoint_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "chapters/12_restart/checksum.h"
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/gather.h"
#include "chapters/12_restart/own_file.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

// A name is a line in the folder, and the folder is a file that must reach the disk, too.
std::string rename_and_flush(const std::string& from, const std::string& to) {
  if (disk.rename(from.c_str(), to.c_str()) != 0) return to + ": cannot be renamed: " + std::strerror(errno);
  std::string folder = std::filesystem::path(to).parent_path();
  const int opened = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened >= 0) {
    disk.flush_folder(opened);  // some file systems cannot; then there is nothing more to be done
    close(opened);
  }
  return "";
}

// By rank 0, after all blocks. An earlier run may have left a longer file of this name: what is behind is cut off.
std::string write_header(const std::string& name, const CheckpointHeader& header) {
  OwnFile file(name, O_WRONLY | O_CREAT);
  file.cut(CheckpointHeader::bytes + header.numbers() * sizeof(float));
  const std::string bytes = to_bytes(header);
  file.write(0, bytes.data(), bytes.size());
  file.flush();
  file.close();
  return file.problem();
}

}  // namespace

// ---- by a thread, without MPI ----

CheckpointWriter::Told CheckpointWriter::write_block(const std::string& partial, const std::vector<float>& block, size_t place) {
  Told told;
  told.checksum = checksum(block, place);
  OwnFile file(partial, O_WRONLY | O_CREAT);
  file.write(CheckpointHeader::bytes + place * sizeof(float), block.data(), block.size() * sizeof(float));
  file.flush();
  file.close();
  std::snprintf(told.problem, sizeof told.problem, "%s", file.problem().c_str());
  return told;
}

CheckpointWriter::Told CheckpointWriter::write_rest(const std::string& file, CheckpointHeader header, const std::vector<Told>& all,
                                                    const std::function<void()>& done) {
  const std::string partial = file + ".partial";
  std::string problem;
  header.checksum = 0;
  for (const Told& told : all) {
    if (problem.empty()) problem = told.problem;
    header.checksum += told.checksum;
  }
  if (problem.empty()) problem = write_header(partial, header);
  if (problem.empty()) problem = rename_and_flush(partial, file);
  if (!problem.empty()) disk.remove(partial.c_str());
  else if (done) done();
  Told told;
  std::snprintf(told.problem, sizeof told.problem, "%s", problem.c_str());
  return told;
}

// ---- by the rank's own thread ----

CheckpointWriter::CheckpointWriter(MPI_Comm comm) { MPI_CHECK(MPI_Comm_dup(comm, &comm_)); }

CheckpointWriter::~CheckpointWriter() {
  while (!idle())
    if (!poll()) usleep(200);
  MPI_CHECK(MPI_Comm_free(&comm_));
}

double CheckpointWriter::begin(const std::string& file, const CheckpointHeader& header, Device& device,
                               std::span<const Segment> segments, std::function<void()> done) {
  const Timer timer;
  to_bytes(header);  // throws if it is too long
  block_ = gather_block(file, device, segments, header.numbers(), comm_);
  file_ = file, header_ = header, done_ = std::move(done);
  const size_t place = block_of(header.numbers(), ranks_of(comm_), rank_of(comm_)).first;
  const double seconds = timer.seconds();
  work_ = std::async(std::launch::async, [this, place] { return write_block(file_ + ".partial", block_, place); });
  phase_ = Phase::writing;
  return seconds;
}

bool CheckpointWriter::finished(std::future<Told>& work) {
  if (work.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
  told_ = work.get();
  return true;
}

bool CheckpointWriter::arrived() {
  int done = 0;
  MPI_CHECK(MPI_Test(&request_, &done, MPI_STATUS_IGNORE));
  return done;
}

bool CheckpointWriter::poll() {
  const bool names = rank_of(comm_) == 0;
  const auto tell_all = [&] {
    MPI_CHECK(MPI_Ibcast(&told_, sizeof told_, MPI_BYTE, 0, comm_, &request_));
    phase_ = Phase::hearing;
  };
  if (phase_ == Phase::writing && finished(work_)) {
    block_ = std::vector<float>();  // gives the memory back; = {} would keep it
    all_.resize(names ? size_t(ranks_of(comm_)) : 0);
    MPI_CHECK(MPI_Igather(&told_, sizeof told_, MPI_BYTE, all_.data(), sizeof told_, MPI_BYTE, 0, comm_, &request_));
    phase_ = Phase::telling;
  }
  if (phase_ == Phase::telling && arrived()) {
    phase_ = Phase::naming;
    if (names) work_ = std::async(std::launch::async, [this] { return write_rest(file_, header_, all_, done_); });
    else tell_all();  // hears
  }
  if (phase_ == Phase::naming && finished(work_)) tell_all();
  if (phase_ != Phase::hearing || !arrived()) return false;
  problem_ = told_.problem;
  phase_ = Phase::idle;
  return true;
}

void write_checkpoint(const std::string& file, const CheckpointHeader& header, Device& device, std::span<const Segment> segments,
                      MPI_Comm comm) {
  CheckpointWriter writer(comm);
  writer.begin(file, header, device, segments);
  while (!writer.poll()) usleep(200);
  if (!writer.problem().empty()) throw Error(writer.problem());
}
