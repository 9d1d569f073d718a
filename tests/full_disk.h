// A file on a full disk: a link to /dev/full that is this process's own. A program with a mistake may remove what it is to write, or put
// another file in its place; then it does so to the link, not to the device, which every program of the machine shares.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

class FullDisk {
 public:
  FullDisk() {
    std::filesystem::remove(link_);
    if (there()) std::filesystem::create_symlink("/dev/full", link_);
  }
  ~FullDisk() { std::filesystem::remove(link_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  static bool there() { return std::filesystem::is_character_file("/dev/full"); }
  const std::string& file() const { return link_; }

 private:
  const std::string link_ = std::filesystem::temp_directory_path() / ("full_disk_" + std::to_string(getpid()));
};

#define SKIP_WITHOUT_FULL_DISK() \
  if (!FullDisk::there()) GTEST_SKIP() << "skipped: no /dev/full on this system"
