// Looks into checkpoints.
//
//   build/chapters/12_restart/checkpoint list build/checkpoint
//   build/chapters/12_restart/checkpoint --help
//
// Status 0: what was asked for is so; 1: a checkpoint is damaged, or two differ; 2: it cannot be said.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/checkpoint_folder.h"
#include "chapters/12_restart/npy.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace fs = std::filesystem;

namespace {

constexpr char usage[] =
    "Looks into checkpoints.\n\n"
    "  checkpoint list FOLDER             its checkpoints, the newest first\n"
    "  checkpoint verify FILE...          whether they are good; of a FOLDER all that are in it\n"
    "  checkpoint compare FILE FILE       how far apart they are, layer by layer\n"
    "  checkpoint statistics FILE         what numbers its layers hold\n"
    "  checkpoint export FILE FOLDER      the weights as .npy files, for numpy.load\n\n"
    "Status 0: yes, or the same bits; 1: damaged, or different; 2: cannot be said.\n";

struct CannotSay : Error {
  using Error::Error;
  int status() const override { return 2; }
};

// All numbers of one layer's weights or biases.
struct Part {
  std::string name, file_name;
  std::span<const float> numbers;
  std::vector<size_t> shape;
};

struct Loaded {
  CheckpointHeader header;
  std::vector<float> numbers;

  explicit Loaded(const std::string& file) : header(check_checkpoint(file, MPI_COMM_WORLD)), numbers(header.numbers()) {
    CpuDevice device;
    read_checkpoint(file, device, std::vector<Segment>{{numbers.data(), 0, numbers.size()}}, MPI_COMM_WORLD);
  }
  // vector 0: the parameters; then the optimizer's state.
  std::vector<Part> parts(int vector) const {
    std::vector<Part> all;
    const Layout layout = make_layout(header.sizes);
    const std::string of = vector == 0 ? "" : ", state " + std::to_string(vector);
    const std::span numbers_of_vector = std::span(numbers).subspan(size_t(vector) * layout.count, layout.count);
    for (const Layer& layer : layout.layers) {
      const std::string name = "layer " + std::to_string(layer.index), file = "layer_" + std::to_string(layer.index);
      const size_t in = size_t(layer.in), out = size_t(layer.out);
      all.push_back({name + " weights" + of, file + "_weights", numbers_of_vector.subspan(layer.w.offset, in * out), {in, out}});
      all.push_back({name + " biases" + of, file + "_biases", numbers_of_vector.subspan(layer.b.offset, out), {out}});
    }
    return all;
  }
};

std::string sizes_of(const CheckpointHeader& h) {
  std::string text;
  for (int size : h.sizes) text += (text.empty() ? "" : "-") + std::to_string(size);
  return text;
}

std::vector<std::string> files_in(const std::string& name) {
  std::error_code ignored;
  if (!fs::is_directory(name, ignored)) return {name};
  const std::vector<std::string> files = CheckpointFolder(name, 1, MPI_COMM_WORLD).newest_first();
  if (files.empty()) throw Error(name + ": holds no checkpoint");
  return files;
}

// Prints a line for each; returns how many are not good.
int verify(const std::vector<std::string>& names, bool speaks) {
  int bad = 0;
  for (const std::string& name : names)
    for (const std::string& file : files_in(name)) {
      std::string said;
      try {
        const CheckpointHeader h = check_checkpoint(file, MPI_COMM_WORLD);
        const std::string* optimizer = h.option("optimizer");
        said = file + ": good, step " + std::to_string(h.step) + ", " + sizes_of(h) + (optimizer ? ", " + *optimizer : "") + ", " +
               std::to_string(h.vectors) + " x " + std::to_string(h.parameters()) + " numbers";
      } catch (const Error& error) {
        said = error.what();
        ++bad;
      }
      if (speaks) std::printf("%s\n", said.c_str());
    }
  return bad;
}

void tell_fields(const CheckpointHeader& a, const CheckpointHeader& b) {
  const auto tell = [](const std::string& field, const std::string& one, const std::string& other) {
    if (one != other) std::printf("%-24s %s | %s\n", field.c_str(), one.c_str(), other.c_str());
  };
  tell("step", std::to_string(a.step), std::to_string(b.step));
  tell("data", a.data, b.data);
  tell("vectors", std::to_string(a.vectors), std::to_string(b.vectors));
  std::set<std::string> names;
  for (const CheckpointHeader* h : {&a, &b})
    for (const auto& option : h->options) names.insert(option.first);
  for (const std::string& name : names) {
    const std::string *one = a.option(name), *other = b.option(name);
    tell("--" + name, one ? *one : "none", other ? *other : "none");
  }
}

int compare(const std::string& first, const std::string& second, bool speaks) {
  const Loaded a(first), b(second);
  if (a.header.sizes != b.header.sizes)
    throw Error(first + " and " + second + " are of other networks: " + sizes_of(a.header) + " and " + sizes_of(b.header));
  if (speaks) tell_fields(a.header, b.header);
  bool same = a.header.vectors == b.header.vectors;
  if (speaks) std::printf("%-24s %10s %12s %12s %12s\n", "", "numbers", "differ", "max |a-b|", "relative");
  for (int v = 0; v < std::min(a.header.vectors, b.header.vectors); ++v) {
    const std::vector<Part> ours = a.parts(v), theirs = b.parts(v);
    for (size_t i = 0; i < ours.size(); ++i) {
      const Distance d = ::compare(ours[i].numbers, theirs[i].numbers);
      same = same && d.same_bits();
      if (speaks)
        std::printf("%-24s %10zu %12zu %12.3g %12.3g\n", ours[i].name.c_str(), d.size, d.different, d.max_abs, d.relative);
    }
  }
  if (speaks) std::printf("%s\n", same ? "the same bits" : "they differ");
  return same ? 0 : 1;
}

void statistics(const std::string& file, bool speaks) {
  const Loaded loaded(file);
  if (speaks)
    std::printf("%-24s %10s %11s %11s %11s %11s %8s %11s\n", "", "numbers", "least", "mean", "greatest", "deviation", "zeros",
                "not finite");
  for (int v = 0; v < loaded.header.vectors; ++v)
    for (const Part& part : loaded.parts(v)) {
      double sum = 0, squares = 0, least = INFINITY, greatest = -INFINITY;
      size_t zeros = 0, finite = 0;
      for (const double x : part.numbers) {
        if (!std::isfinite(x)) continue;
        ++finite;
        zeros += x == 0;
        sum += x;
        least = std::min(least, x), greatest = std::max(greatest, x);
      }
      const double mean = sum / double(finite);
      for (const double x : part.numbers)
        if (std::isfinite(x)) squares += (x - mean) * (x - mean);
      if (speaks)
        std::printf("%-24s %10zu %11.4g %11.4g %11.4g %11.4g %8zu %11zu\n", part.name.c_str(), part.numbers.size(), least, mean, greatest,
                    std::sqrt(squares / double(finite)), zeros, part.numbers.size() - finite);
    }
}

void write_weights(const Loaded& loaded, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(folder + ": cannot be made: " + error.message());
  for (const Part& part : loaded.parts(0)) {
    const std::string name = folder + "/" + part.file_name + ".npy";
    write_npy(name, part.numbers, part.shape);
    std::printf("%s: %zu", name.c_str(), part.shape[0]);
    if (part.shape.size() > 1) std::printf(" x %zu", part.shape[1]);
    std::printf("\n");
  }
}

// By rank 0; all learn whether it could.
void export_weights(const std::string& file, const std::string& folder, bool speaks) {
  const Loaded loaded(file);
  std::string problem;
  try {
    if (speaks) write_weights(loaded, folder);
  } catch (const Error& error) {
    problem = error.what();
  }
  agree(problem, MPI_COMM_WORLD);
}

int look(MpiSession& mpi, int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool speaks = mpi.rank() == 0;
  const std::string verb = words.empty() ? "" : words[0];
  const std::vector<std::string> rest(words.begin() + !words.empty(), words.end());
  const size_t files = rest.size();
  if (std::ranges::count(words, "--help") > 0 || std::ranges::count(words, "-h") > 0) {
    if (speaks) std::printf("%s", usage);
    return 0;
  }
  if (verb == "list" && files == 1) {
    std::error_code ignored;
    if (!fs::is_directory(rest[0], ignored)) throw Error(rest[0] + ": is not a folder");
    verify(rest, speaks);
    return 0;
  }
  if (verb == "verify" && files >= 1) return verify(rest, speaks) > 0;
  if (verb == "compare" && files == 2) return compare(rest[0], rest[1], speaks);
  if (verb == "statistics" && files == 1) return statistics(rest[0], speaks), 0;
  if (verb == "export" && files == 2) return export_weights(rest[0], rest[1], speaks), 0;
  for (const char* known : {"list", "verify", "compare", "statistics", "export"})
    if (verb == known) throw Error("checkpoint " + verb + ": not with " + std::to_string(files) + " names (--help tells how)");
  if (verb.starts_with("--")) throw Error("unknown option " + verb + " (--help lists the options)");
  throw Error(verb.empty() ? "what is to be done? (--help lists it)" : "unexpected argument '" + verb + "' (--help lists the options)");
} catch (const Error& error) {
  throw CannotSay(error.what());
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, look); }
