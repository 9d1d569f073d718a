#include "chapters/13_scaling/cluster.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "common/error.h"

namespace {

namespace fs = std::filesystem;
const fs::path folder = "chapters/13_scaling/clusters";

// Where a number of a file goes, and how many of our unit (seconds, bytes, ranks) its unit is.
struct Field {
  std::string name;
  double unit, least;
  std::function<void(double)> set;
  bool required = true;
};

auto real(double& value) { return [&value](double x) { value = x; }; }
auto whole(int& value) { return [&value](double x) { value = int(std::min(x, 1e6)); }; }
auto yes(bool& value) { return [&value](double x) { value = x > 0; }; }

std::vector<Field> fields_of_link(Link& link, const std::string& where) {
  return {{where + "-latency-us", 1e-6, 0, real(link.latency)},
          {where + "-overhead-us", 1e-6, 0, real(link.overhead)},
          {where + "-gap-us", 1e-6, 0, real(link.gap), false},
          {where + "-rendezvous-us", 1e-6, 0, real(link.rendezvous)},
          {where + "-gbyte-per-second", 1e9, 1e-6, real(link.bytes_per_second)}};
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Reads `name value` lines into the fields; every field must be there once, or at most once if it is not required.
void read_fields(const std::string& file, std::istream& in, const std::vector<Field>& fields) {
  std::set<std::string> seen;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = file + ":" + std::to_string(++number) + ": ";
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, rest;
    double value;
    if (!(words >> name)) continue;
    const auto field = std::ranges::find(fields, name, &Field::name);
    if (field == fields.end()) throw Error(where + "unknown name '" + name + "'");
    if (!(words >> value) || words >> rest) throw Error(where + name + " needs one number");
    if (!(value >= field->least) || !std::isfinite(value))
      throw Error(where + name + " is too small: the least is " +
                  (field->least == 1   ? "1"
                   : field->least == 0 ? "0"
                                       : "1e-6"));
    if (!seen.insert(name).second) throw Error(where + name + " was given before");
    field->set(value * field->unit);
  }
  for (const Field& field : fields)
    if (field.required && !seen.contains(field.name)) throw Error(file + ": no line says " + field.name);
}

}  // namespace

std::vector<std::string> cluster_names() {
  std::vector<std::string> names;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

Cluster load_cluster(const std::string& name) {
  const fs::path known = folder / (name + ".txt");
  const std::string file = fs::is_regular_file(known) ? known.string() : name;
  std::ifstream in(file);
  if (!in || fs::is_directory(file))
    throw Error("cluster '" + name + "': no such file, and none of " + list(cluster_names()));
  Cluster c;
  std::getline(in, c.title);
  if (!c.title.starts_with("# ")) throw Error(file + ":1: the first line must be a title: # words");
  c.title.erase(0, 2);
  in.seekg(0);

  std::vector<Field> fields = {{"ranks-per-node", 1, 1, whole(c.ranks_per_node)},
                               {"cards-per-node", 1, 1, whole(c.cards_per_node)},
                               {"eager-kib", 1024, 0, real(c.eager_bytes)},
                               {"tflop-per-second", 1e12, 1e-6, real(c.operations_per_second)},
                               {"memory-gbyte-per-second", 1e9, 1e-6, real(c.bytes_per_second)},
                               {"memory-gbyte", 1e9, 0, real(c.memory)},
                               {"launch-us", 1e-6, 0, real(c.launch)},
                               {"staging-gbyte-per-second", 1e9, 1e-6, real(c.staging_bytes_per_second), false},
                               {"host-memory-gbyte-per-second", 1e9, 1e-6, real(c.host_bytes_per_second), false},
                               {"multiprocessors", 1, 1, whole(c.multiprocessors), false},
                               {"tile-rows", 1, 1, whole(c.tile_rows), false},
                               {"tile-columns", 1, 1, whole(c.tile_columns), false},
                               {"noise", 1, 0, real(c.noise), false},
                               {"rank-spread", 1, 0, real(c.rank_spread), false},
                               {"seed", 1, 0, real(c.seed), false},
                               {"progress-alone", 1, 0, yes(c.progress_alone), false},
                               {"one-connection", 1, 0, yes(c.one_connection), false},
                               {"fifo-ports", 1, 0, yes(c.fifo_ports), false},
                               {"max-min", 1, 0, yes(c.max_min), false},
                               {"ranks-per-island", 1, 1, whole(c.ranks_per_island), false},
                               {"island-gbyte-per-second", 1e9, 1e-6, real(c.island_bytes_per_second), false},
                               {"nodes-per-rack", 1, 1, whole(c.nodes_per_rack), false},
                               {"rails", 1, 0, yes(c.rails), false},
                               {"oversubscription", 1, 1, real(c.oversubscription), false}};
  for (const auto& [link, where] : {std::pair{&c.inside, "inside"}, {&c.between, "between"}})
    for (const Field& field : fields_of_link(*link, where)) fields.push_back(field);
  read_fields(file, in, fields);
  if ((c.staging_bytes_per_second > 0) != (c.host_bytes_per_second > 0))
    throw Error(file + ": staging-gbyte-per-second and host-memory-gbyte-per-second belong together");
  if (c.ranks_per_island > 0 && c.ranks_per_node % c.ranks_per_island != 0)
    throw Error(file + ": ranks-per-node " + std::to_string(c.ranks_per_node) + " is no multiple of ranks-per-island " +
                std::to_string(c.ranks_per_island));
  return c;
}
