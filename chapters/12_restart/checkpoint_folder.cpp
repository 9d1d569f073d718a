#include "chapters/12_restart/checkpoint_folder.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace fs = std::filesystem;

namespace {

constexpr char prefix[] = "step_";
constexpr char earlier[] = "earlier_";

bool is_checkpoint_name(const std::string& name) {
  const size_t digits = name.size() - std::min(name.size(), sizeof prefix - 1);
  return name.starts_with(prefix) && digits > 0 &&
         std::all_of(name.end() - ptrdiff_t(digits), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string name_of(uint64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "%s%08llu", prefix, (unsigned long long)step);
  return name;
}

// The text of rank 0, on all ranks.
std::string tell_all(std::string text, MPI_Comm comm) {
  int length = int(text.size());
  MPI_CHECK(MPI_Bcast(&length, 1, MPI_INT, 0, comm));
  text.resize(size_t(length));
  MPI_CHECK(MPI_Bcast(text.data(), length, MPI_CHAR, 0, comm));
  return text;
}

}  // namespace

CheckpointFolder::CheckpointFolder(const std::string& folder, int keep, MPI_Comm comm)
    : folder_(folder), keep_(keep), comm_(comm) {
  std::error_code error;
  if (rank_of(comm) == 0) fs::create_directories(folder, error);
  const std::string problem = tell_all(error ? folder + ": cannot be made: " + error.message() : "", comm);
  if (!problem.empty()) throw Error(problem);
}

std::vector<std::string> CheckpointFolder::newest_first() const {
  std::string list;
  if (rank_of(comm_) == 0) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored))
      if (is_checkpoint_name(entry.path().filename())) list += entry.path().filename().string() + "\n";
  }
  std::vector<std::string> names;
  std::istringstream lines(tell_all(list, comm_));
  for (std::string name; std::getline(lines, name);) names.push_back(name);
  // More digits are a higher number, however many zeros the name was padded with.
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a > b;
  });
  return names;
}

CheckpointFolder::Found CheckpointFolder::newest_good() const {
  std::string problems;
  for (const std::string& name : newest_first()) {
    const std::string file = folder_ + "/" + name;
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

void CheckpointFolder::set_aside() {
  const std::vector<std::string> names = newest_first();
  std::error_code ignored;
  if (rank_of(comm_) == 0)
    for (const std::string& name : names) fs::rename(folder_ + "/" + name, folder_ + "/" + earlier + name, ignored);
}

std::string CheckpointFolder::save(const CheckpointHeader& header, Device& device, std::span<const Segment> segments) {
  const std::string file = folder_ + "/" + name_of(header.step);
  write_checkpoint(file, header, device, segments, comm_);
  remove_old();
  return file;
}

// What cannot be removed only takes room.
void CheckpointFolder::remove_old() const {
  const std::vector<std::string> names = newest_first();
  if (rank_of(comm_) != 0) return;
  std::error_code ignored;
  for (size_t i = size_t(keep_); i < names.size(); ++i) fs::remove(folder_ + "/" + names[i], ignored);
  std::vector<fs::path> useless;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename();
    const bool aside = name.starts_with(earlier) && is_checkpoint_name(name.substr(sizeof earlier - 1));
    const bool partial = name.ends_with(".partial") && is_checkpoint_name(name.substr(0, name.size() - 8));
    if (aside || partial) useless.push_back(entry.path());
  }
  for (const fs::path& path : useless) fs::remove(path, ignored);
}
