#include "chapters/13_scaling/cluster.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/error.h"

namespace {

namespace fs = std::filesystem;
const fs::path folder = "chapters/13_scaling/clusters";

// Where a number of a file goes, and how many of our unit (seconds, bytes, ranks) its unit is.
struct Field {
  const char* name;
  double unit;
  double least;
  double* value;
  bool required = true;
};

std::vector<Field> fields_of_link(Link& link, const std::string& where) {
  // Names live as long as the program.
  static std::set<std::string> names;
  const auto name = [&](const char* what) { return names.insert(where + what).first->c_str(); };
  return {{name("-latency-us"), 1e-6, 0, &link.latency},
          {name("-overhead-us"), 1e-6, 0, &link.overhead},
          {name("-gap-us"), 1e-6, 0, &link.gap, false},
          {name("-rendezvous-us"), 1e-6, 0, &link.rendezvous},
          {name("-gbyte-per-second"), 1e9, 1e-6, &link.bytes_per_second}};
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
    *field->value = value * field->unit;
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
  Cluster cluster;
  std::getline(in, cluster.title);
  if (!cluster.title.starts_with("# ")) throw Error(file + ":1: the first line must be a title: # words");
  cluster.title.erase(0, 2);
  in.seekg(0);

  double ranks = 0, cards = 0, island = 0, rack = 0, rails = 0, alone = 0, fifo = 0, max_min = 0;
  std::vector<Field> fields = {{"ranks-per-node", 1, 1, &ranks},
                               {"cards-per-node", 1, 1, &cards},
                               {"eager-kib", 1024, 0, &cluster.eager_bytes},
                               {"tflop-per-second", 1e12, 1e-6, &cluster.operations_per_second},
                               {"memory-gbyte-per-second", 1e9, 1e-6, &cluster.bytes_per_second},
                               {"memory-gbyte", 1e9, 0, &cluster.memory},
                               {"launch-us", 1e-6, 0, &cluster.launch},
                               {"noise", 1, 0, &cluster.noise, false},
                               {"rank-spread", 1, 0, &cluster.rank_spread, false},
                               {"seed", 1, 0, &cluster.seed, false},
                               {"progress-alone", 1, 0, &alone, false},
                               {"fifo-ports", 1, 0, &fifo, false},
                               {"max-min", 1, 0, &max_min, false},
                               {"ranks-per-island", 1, 1, &island, false},
                               {"island-gbyte-per-second", 1e9, 1e-6, &cluster.island_bytes_per_second, false},
                               {"nodes-per-rack", 1, 1, &rack, false},
                               {"rails", 1, 0, &rails, false},
                               {"oversubscription", 1, 1, &cluster.oversubscription, false}};
  for (const auto& [link, where] : {std::pair{&cluster.inside, "inside"}, {&cluster.between, "between"}})
    for (const Field& field : fields_of_link(*link, where)) fields.push_back(field);
  read_fields(file, in, fields);
  cluster.ranks_per_node = int(std::min(ranks, 1e6));
  cluster.cards_per_node = int(std::min(cards, 1e6));
  cluster.ranks_per_island = int(std::min(island, 1e6));
  cluster.nodes_per_rack = int(std::min(rack, 1e6));
  cluster.rails = rails > 0;
  if (island > 0 && cluster.ranks_per_node % cluster.ranks_per_island != 0)
    throw Error(file + ": ranks-per-node " + std::to_string(cluster.ranks_per_node) + " is no multiple of ranks-per-island " +
                std::to_string(cluster.ranks_per_island));
  cluster.progress_alone = alone > 0;
  cluster.fifo_ports = fifo > 0;
  cluster.max_min = max_min > 0;
  return cluster;
}
