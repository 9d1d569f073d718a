// The shell scripts of the course in a test: a folder of its own, with what they read and write, and with the tools that they find.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/program.h"

namespace fs = std::filesystem;

inline std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string line(const char* format, auto... values) {
  char text[500];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

struct ScriptFolder : testing::Test {
  const fs::path folder = fs::path(testing::TempDir()) / ("scripts_" + std::to_string(getpid()));
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
  std::string file(const std::string& name) const { return (folder / name).string(); }
  std::string read(const std::string& name) const { return text_of(folder / name); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
  // An executable that stands in for another one.
  std::string script(const std::string& name, const std::string& body) const {
    fs::create_directories((folder / name).parent_path());
    fs::remove(folder / name);
    write(name, "#!/bin/sh\n" + body);
    fs::permissions(folder / name, fs::perms::owner_all);
    return file(name);
  }
};

// Scripts that find the tools of the test, and nothing else, on their PATH.
struct Scripts : ScriptFolder {
  void SetUp() override { fs::create_directories(folder / "tools"); }
  // Tools of this machine under their own names.
  void link(const std::string& names) {
    run_program("for tool in " + names + "; do at=$(command -v $tool) && ln -sf \"$at\" '" + (folder / "tools").string() + "'; done");
  }
  void tool(const std::string& name, const std::string& body) { script("tools/" + name, body); }
  void no_tool(const std::string& name) { fs::remove(folder / "tools" / name); }
  // A command with these tools alone. settings: NAME=value ...
  ProgramRun with_tools(const std::string& command, const std::string& settings = "") const {
    return run_program("env -u B -u MAKEFLAGS -u CXX -u MPICXX -u MPIEXEC -u MARCH -u NVCC -u CUDA -u CPPFLAGS -u LDFLAGS -u MODULESHOME -u LMOD_CMD "
                       "-u NO_INSTALL -u SLURM_JOBID -u PE_HOSTFILE -u LSB_JOBID -u HYDRA_LAUNCHER -u HYDRA_BOOTSTRAP PATH='" +
                       (folder / "tools").string() + "' " + settings + " " + command);
  }
};

// A machine that nothing is installed on.
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
