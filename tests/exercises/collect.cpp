// Takes what was handed in, as data:  collect SUBMISSION TO NN_topic/name.cpp...
//
// Writes TO/NN_topic/name.cpp for each of the names that lies in the folder SUBMISSION as NN_topic/name.cpp, with or without
// .../exercises/ before it, or as name.cpp; or TO/NN_topic/name.cpp.problem, one line that says why the file cannot be taken.
// Prints a line for each other file that may have been meant as one. Status 2 if SUBMISSION is no folder, or no name was given.
//
//   collect --key SUBMISSION    prints a path without strange characters, another one for each folder: for its results
//   collect --says SUBMISSION   prints its name as it can be shown to people
//
// Nothing in the folder is trusted. No link is followed, so that nobody hands in a file that he could not read; only plain
// files with one name count; what is read is bounded; and a name is never more than bytes between two slashes.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fs = std::filesystem;

namespace {

constexpr size_t most_bytes = 200 << 10;  // of a file
constexpr size_t most_entries = 20000;    // of a submission
constexpr int most_levels = 16;
constexpr size_t most_lines = 20;  // that are printed

// --- Names -----------------------------------------------------------------------------------------------------------------

// How many bytes of `text` at `i` are one character that shows itself and nothing else: no control, no change of direction.
size_t printable_at(const std::string& text, size_t i) {
  const auto byte = [&](size_t k) { return k < text.size() ? (unsigned char)(text[k]) : 0u; };
  const auto follows = [&](size_t k) { return (byte(k) & 0xc0) == 0x80; };
  if (byte(i) < 0x80) return byte(i) >= 0x20 && byte(i) < 0x7f && byte(i) != '\\';
  if (byte(i) >= 0xc3 && byte(i) < 0xe0 && follows(i + 1)) return 2;              // U+00C0 to U+07FF
  if (byte(i) >= 0xe3 && byte(i) < 0xed && follows(i + 1) && follows(i + 2)) return 3;  // U+3000 to U+CFFF
  return 0;
}

std::string safe(const std::string& name) {
  std::string text;
  for (size_t i = 0; i < name.size() && text.size() < 300;) {
    const size_t n = printable_at(name, i);
    char escaped[8];
    snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned char)(name[i]));
    text += n > 0 ? name.substr(i, n) : escaped;
    i += std::max<size_t>(n, 1);
  }
  return text + (text.size() < 300 ? "" : "...");
}

// The folder as it is, or with its way from here if it lies below; parts hold no dots, so that none of them is . or .. or the
// name of a result, and long ones are cut.
std::string key_of(const std::string& folder) {
  std::string path = fs::canonical(folder), here = fs::current_path(), key;
  path = path.starts_with(here + "/") ? path.substr(here.size() + 1) : "/" + path;
  size_t length = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    const unsigned char c = (unsigned char)(path[i]);
    if (c == '/' && i > 0) {
      if (key.back() != '/') key += '/';
      length = 0;
      continue;
    }
    char escaped[4];
    snprintf(escaped, sizeof escaped, "%%%02X", c);
    const std::string part = isalnum(c) || c == '_' || c == '-' ? std::string(1, char(c)) : escaped;
    if ((length += part.size()) > 200) key += "%/", length = part.size();
    key += part;
  }
  return key;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Letters and digits of a name, small, without what systems and people add to a copy: "Weight-Decay (1).txt" -> weightdecay.
std::string core_of(std::string name) {
  name = name.substr(0, name.find('.', 1));
  for (const char* end : {"(", " - ", "_final", "_copy", " copy", "_new", "_v"})
    if (const size_t at = name.find(end); at != std::string::npos && at > 0) name.resize(at);
  std::string core;
  for (const char c : name)
    if (isalnum((unsigned char)c)) core += char(tolower((unsigned char)c));
  while (core.size() > 1 && isdigit((unsigned char)core.back())) core.pop_back();
  return core;
}

// How many letters must be changed, added or removed to make b of a.
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  }
  return row[b.size()];
}

// The wanted file that somebody may have meant, or "".
std::string nearest(const std::string& name, const std::vector<std::string>& wanted) {
  const std::string core = core_of(last_part(name));
  std::string best;
  size_t least = 3;  // two slips are forgiven
  for (const std::string& file : wanted) {
    const std::string other = core_of(last_part(file));
    if (core.size() > other.size() + 2 || core.size() < 4) continue;
    if (const size_t d = distance(core, other); d < least) least = d, best = file;
  }
  return best;
}

// --- Files -----------------------------------------------------------------------------------------------------------------

struct File {
  int descriptor = -1;
  explicit File(int d) : descriptor(d) {}
  File(File&& other) noexcept : descriptor(std::exchange(other.descriptor, -1)) {}
  File& operator=(File&& other) noexcept { return std::swap(descriptor, other.descriptor), *this; }
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

// `path` below `folder`, each part opened by itself: no link is followed, wherever it is put meanwhile.
File open_below(int folder, const std::string& path, bool is_folder) {
  File at(dup(folder));
  for (size_t begin = 0; at.descriptor >= 0 && begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const int kind = end < path.size() || is_folder ? O_DIRECTORY : O_NONBLOCK;
    at = File(openat(at.descriptor, path.substr(begin, end - begin).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind));
    begin = end + 1;
  }
  return at;
}

struct Text {
  std::string bytes, problem;
};

Text read_plain(int folder, const std::string& path) {
  const File file = open_below(folder, path, false);
  struct stat status;
  if (file.descriptor < 0 || fstat(file.descriptor, &status) != 0)
    return {"", std::string("cannot be read: ") + strerror(errno)};
  if (!S_ISREG(status.st_mode)) return {"", "is no plain file"};
  if (status.st_nlink > 1) return {"", "is a hard link: the same file has another name elsewhere; hand in a copy"};
  Text text;
  text.bytes.resize(most_bytes + 1);
  size_t size = 0;
  for (ssize_t n; size < text.bytes.size(); size += size_t(n)) {
    n = read(file.descriptor, text.bytes.data() + size, text.bytes.size() - size);
    if (n < 0) return {"", std::string("cannot be read: ") + strerror(errno)};
    if (n == 0) break;
  }
  if (size > most_bytes) return {"", "is larger than " + std::to_string(most_bytes >> 10) + " KiB"};
  text.bytes.resize(size);
  return text;
}

// What editors on other systems add is removed; what is no text is named.
void make_plain(Text& text) {
  std::string& bytes = text.bytes;
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    text.problem = "is UTF-16 text, which no compiler reads: save it as UTF-8";
  else if (const size_t at = bytes.find('\0'); at != std::string::npos)
    text.problem = "has a NUL byte in line " + std::to_string(1 + std::count(bytes.begin(), bytes.begin() + long(at), '\n')) +
                   ": it is not plain text (UTF-16?); save it as UTF-8";
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);
  if (bytes.find('\n') == std::string::npos) std::replace(bytes.begin(), bytes.end(), '\r', '\n');
  for (size_t at = 0; (at = bytes.find("\r\n", at)) != std::string::npos;) bytes.erase(at, 1);
}

// --- The folder ------------------------------------------------------------------------------------------------------------

struct Entry {
  std::string path;  // from the submission's folder
  mode_t mode;
};

// Everything in it, the upper levels first.
std::vector<Entry> entries_of(int folder) {
  std::vector<Entry> all;
  struct Level {
    std::string path;
    int depth;
  };
  std::deque<Level> open = {{"", 0}};
  for (; !open.empty() && all.size() < most_entries; open.pop_front()) {
    const auto [path, depth] = open.front();
    File at = open_below(folder, path, true);
    DIR* list = at.descriptor >= 0 ? fdopendir(at.descriptor) : nullptr;
    if (!list) continue;
    at.descriptor = -1;
    std::vector<Entry> here;
    while (const dirent* entry = readdir(list)) {
      const std::string name = entry->d_name;
      struct stat status;
      if (name == "." || name == ".." || name == ".git" || name == "__MACOSX") continue;
      if (fstatat(dirfd(list), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      here.push_back({path + (path.empty() ? "" : "/") + name, status.st_mode});
      if (here.size() + all.size() >= most_entries) break;
    }
    closedir(list);
    std::sort(here.begin(), here.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
    for (const Entry& entry : here)
      if (S_ISDIR(entry.mode) && depth < most_levels) open.push_back({entry.path, depth + 1});
    all.insert(all.end(), here.begin(), here.end());
  }
  return all;
}

// How well the path names the wanted file: 1 best, 0 not at all.
int fits(const std::string& path, const std::string& wanted) {
  if (path == wanted) return 1;
  if (path == "exercises/" + wanted || path.ends_with("/exercises/" + wanted)) return 2;
  return path == last_part(wanted) ? 3 : 0;
}

// Why a file was not looked at, or "" if nobody will ask.
std::string ignored(const Entry& entry, const std::vector<std::string>& wanted, const std::map<std::string, std::string>& taken) {
  for (const std::string& file : wanted) {
    if (!fits(entry.path, file)) continue;
    if (S_ISLNK(entry.mode)) return "is a link, and links are not followed";
    if (!S_ISREG(entry.mode)) return "is no plain file";
    return safe(taken.at(file)) + " was taken";
  }
  // A link to a folder hides everything in it.
  const std::string name = last_part(entry.path);
  if (S_ISLNK(entry.mode))
    return name == "exercises" || (isdigit((unsigned char)name[0]) && name.find('_') == 2) ? "is a link, and links are not followed" : "";
  if (!S_ISREG(entry.mode)) return "";
  for (const char* end : {".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".xz"})
    if (name.ends_with(end)) return "is an archive: unpack it";
  const bool is_code = name.ends_with(".cpp") || name.ends_with(".cu") || name.find('(') != std::string::npos ||
                       name.ends_with(".txt") || name.ends_with(".cc") || name.ends_with(".c") || name.ends_with(".cxx");
  const bool is_ours = entry.path.find("tests/") != std::string::npos || entry.path.find("chapters/") != std::string::npos ||
                       entry.path.find("common/") != std::string::npos || entry.path.starts_with("build/");
  if (!is_code || is_ours) return "";
  if (const std::string near = nearest(name, wanted); !near.empty())
    return last_part(near) == name ? "lies in the wrong folder; should it be " + near + "?"
                                   : "not a name I know; did you mean " + last_part(near) + "?";
  return entry.path.find('/') == std::string::npos ? "not a name I know" : "";
}

int collect(const std::string& submission, const fs::path& to, const std::vector<std::string>& wanted) {
  const File folder(open(submission.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.descriptor < 0) {
    std::printf("error: %s %s\n", safe(submission).c_str(),
                fs::is_symlink(fs::symlink_status(submission)) ? "is a link: name the folder itself" : "is not a folder");
    return 2;
  }
  const std::vector<Entry> entries = entries_of(folder.descriptor);
  std::map<std::string, std::string> taken;  // wanted -> its path
  for (const std::string& file : wanted) {
    int best = 4;
    for (const Entry& entry : entries)
      if (const int fit = S_ISREG(entry.mode) ? fits(entry.path, file) : 0; fit > 0 && fit < best)
        best = fit, taken[file] = entry.path;
    if (best == 4) continue;
    Text text = read_plain(folder.descriptor, taken[file]);
    if (text.problem.empty()) make_plain(text);
    fs::create_directories((to / file).parent_path());
    std::ofstream out(to / (file + (text.problem.empty() ? "" : ".problem")), std::ios::binary);
    out << (text.problem.empty() ? text.bytes : safe(taken[file]) + " " + text.problem + "\n");
    if (!out.flush()) throw std::runtime_error("cannot write to " + to.string());
  }
  size_t lines = 0;
  for (const Entry& entry : entries) {
    bool is_taken = false;
    for (const auto& [file, path] : taken) is_taken |= path == entry.path;
    const std::string why = is_taken ? "" : ignored(entry, wanted, taken);
    if (!why.empty() && ++lines <= most_lines) std::printf("ignored: %s: %s\n", safe(entry.path).c_str(), why.c_str());
  }
  if (lines > most_lines) std::printf("ignored: %zu more\n", lines - most_lines);
  if (entries.size() >= most_entries)
    std::printf("the folder holds more than %zu files and folders: what lies deeper was not looked at\n", most_entries);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::string submission = argc > 2 && strncmp(argv[1], "--", 2) == 0 ? argv[2] : argc > 1 ? argv[1] : "";
    // A slash at the end would follow a link.
    while (submission.size() > 1 && submission.ends_with('/')) submission.pop_back();
    if (argc == 3 && strcmp(argv[1], "--key") == 0) return std::puts(key_of(submission).c_str()) < 0;
    if (argc == 3 && strcmp(argv[1], "--says") == 0) return std::puts(safe(submission).c_str()) < 0;
    if (argc < 4) {
      std::fputs("usage: collect SUBMISSION TO NN_topic/name.cpp...\n", stderr);
      return 2;
    }
    return collect(submission, argv[2], {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", safe(error.what()).c_str());
    return 2;
  }
}
