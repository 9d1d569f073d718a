#include "chapters/12_restart/checkpoint_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>

#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/disk.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace fs = std::filesystem;

namespace {

const std::string prefix = "step_", half = ".partial", before = "before_";

// The number behind the prefix of a name; none if there is anything else, or so many digits that it is too large.
std::optional<uint64_t> number_of(const std::string& name, const std::string& prefix) {
  const std::string digits = name.substr(std::min(name.size(), prefix.size()));
  const bool all = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!name.starts_with(prefix) || !all || digits.empty() || digits.size() > 18) return {};
  return std::stoull(digits);
}

// The paths in a folder whose names are prefix, number, suffix, with their numbers, the largest first.
std::vector<std::pair<uint64_t, fs::path>> numbered(const fs::path& folder, const std::string& prefix,
                                                    const std::string& suffix = "") {
  std::vector<std::pair<uint64_t, fs::path>> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(suffix)) continue;
    if (const auto number = number_of(name.substr(0, name.size() - suffix.size()), prefix)) found.emplace_back(*number, entry);
  }
  std::ranges::sort(found, std::greater());
  return found;
}

std::string name_of(uint64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "%s%08llu", prefix.c_str(), (unsigned long long)step);
  return name;
}

}  // namespace

// Alone first, which rank 0 finds out for all; then all together.
FolderLock::FolderLock(const std::string& folder, double patience, MPI_Comm comm) : opened_(open(folder.c_str(), O_RDONLY | O_CLOEXEC)) {
  const Timer timer;
  const auto taken = [&] { return rank_of(comm) == 0 && flock(opened_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; };
  bool still = taken();
  for (; still && timer.seconds() < patience; still = taken()) usleep(50000);
  try {
    agree(still ? folder + ": another run writes into it; wait for its end, or choose another --checkpoint folder" : "", comm);
  } catch (const Error&) {
    close(opened_);
    throw;
  }
  flock(opened_, LOCK_SH);
}

FolderLock::~FolderLock() { close(opened_); }

CheckpointFolder::CheckpointFolder(const std::string& folder, int keep, MPI_Comm comm)
    : folder_(folder), keep_(keep), comm_(comm) {
  std::error_code error;
  if (rank_of(comm) == 0) fs::create_directories(folder, error);
  agree(error ? folder + ": cannot be made: " + error.message() : "", comm);
}

bool CheckpointFolder::has_some() const {
  const bool some = rank_of(comm_) == 0 && !numbered(folder_, prefix).empty();
  return !from_rank_0(some ? "some" : "", comm_).empty();
}

std::vector<std::string> CheckpointFolder::newest_first() const {
  std::string list;
  if (rank_of(comm_) == 0) {
    auto files = numbered(folder_, prefix);
    for (const auto& [number, folder] : numbered(folder_, before))
      if (files.empty()) files = numbered(folder, prefix);
    for (const auto& [step, path] : files) list += path.string() + "\n";
  }
  std::vector<std::string> names;
  std::istringstream lines(from_rank_0(list, comm_));
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  return names;
}

CheckpointFolder::Found CheckpointFolder::newest_good() const {
  std::string problems;
  for (const std::string& file : newest_first()) {
    try {
      const CheckpointHeader header = check_checkpoint(file, comm_);
      if (rank_of(comm_) == 0 && !problems.empty()) std::cout << "passed over: " << problems << std::endl;
      return {file, header};
    } catch (const Error& error) {
      problems += (problems.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  if (!problems.empty()) throw Error("no good checkpoint: " + problems);
  return {};
}

std::string CheckpointFolder::start_over() {
  std::string to;
  std::error_code error;
  if (rank_of(comm_) == 0 && !numbered(folder_, prefix).empty()) {
    const auto earlier = numbered(folder_, before);
    to = folder_ + "/" + before + std::to_string(earlier.empty() ? 1 : earlier.front().first + 1);
    auto files = numbered(folder_, prefix, half);
    std::ranges::copy(numbered(folder_, prefix), std::back_inserter(files));
    fs::create_directory(to, error);
    // The newest last: as long as it is here, --resume finds it here, and then there.
    std::ranges::sort(files);
    for (const auto& [step, path] : files)
      if (!error && disk.rename(path.c_str(), (fs::path(to) / path.filename()).c_str()) != 0)
        error = std::error_code(errno, std::generic_category());
  }
  agree(error ? to + ": the older checkpoints cannot be moved there: " + error.message() : "", comm_);
  return from_rank_0(to, comm_);
}

double CheckpointFolder::begin_save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments) {
  if (!writer_) writer_ = std::make_unique<CheckpointWriter>(comm_);
  return writer_->begin(folder_ + "/" + name_of(header.step), header, device, segments, [this, step = header.step] { remove_old(step); });
}

std::optional<std::string> CheckpointFolder::poll() {
  if (!saving() || !writer_->poll()) return {};
  return writer_->problem();
}

bool CheckpointFolder::wait(double seconds, const std::function<void(const std::string&)>& ended) {
  const Timer timer;
  while (saving()) {
    if (const auto problem = poll()) ended(*problem);
    else if (timer.seconds() >= seconds) break;
    else usleep(200);
  }
  int all = !saving();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm_));
  return all;
}

std::string CheckpointFolder::save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments) {
  begin_save(header, device, segments);
  std::string problem;
  wait(INFINITY, [&](const std::string& said) { problem = said; });
  if (!problem.empty()) throw Error(problem);
  return folder_ + "/" + name_of(header.step);
}

// Files of later steps are not counted: they are damaged, or this run would have begun there. What cannot be removed only takes
// room.
void CheckpointFolder::remove_old(uint64_t newest) const {
  int kept = 0;
  for (const auto& [step, path] : numbered(folder_, prefix))
    if (step <= newest && ++kept > keep_) disk.remove(path.c_str());
  for (const auto& [step, path] : numbered(folder_, prefix, half))
    if (step < newest) disk.remove(path.c_str());
}
