#include "chapters/05_collectives/table.h"

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/two_level.h"
#include "common/error.h"

namespace {

constexpr bool depends_on_position = true;

constexpr Named<Broadcast> broadcast_table[] = {
    {"linear", broadcast_linear},
    {"tree", broadcast_tree},
    {"chain", broadcast_chain},
    {"scatter-allgather", broadcast_scatter_allgather},
};
constexpr Named<Reduce> reduce_table[] = {
    {"linear", reduce_linear},
    {"tree", reduce_tree},
    {"chain", reduce_chain},
};
constexpr Named<Scatter> scatter_table[] = {{"linear", scatter_linear}, {"tree", scatter_tree}};
constexpr Named<Gather> gather_table[] = {{"linear", gather_linear}, {"tree", gather_tree}};
constexpr Named<Allgather> allgather_table[] = {
    {"direct", allgather_direct},
    {"ring", allgather_ring},
    {"bruck", allgather_bruck},
    {"recursive-doubling", allgather_recursive_doubling},
};
constexpr Named<ReduceScatter> reduce_scatter_table[] = {
    {"rank-order", reduce_scatter_rank_order},
    {"ring", reduce_scatter_ring, depends_on_position},
    {"recursive-halving", reduce_scatter_recursive_halving},
};
constexpr Named<Allreduce> allreduce_table[] = {
    {"rank-order", allreduce_rank_order},
    {"reduce-broadcast", allreduce_reduce_broadcast},
    {"recursive-doubling", allreduce_recursive_doubling},
    {"ring", allreduce_ring, depends_on_position},
    {"rabenseifner", allreduce_rabenseifner},
    {"two-level", allreduce_two_level},
    {"shared-window", allreduce_shared_window, false, true},
    {"mpi", allreduce_mpi, depends_on_position},  // the standard promises nothing, so nothing is assumed
};

template <class Function>
const Named<Function>& find(std::span<const Named<Function>> table, const char* what,
                            const std::string& name) {
  std::string names;
  for (const Named<Function>& entry : table) {
    if (name == entry.name) return entry;
    names += std::string(names.empty() ? "" : ", ") + entry.name;
  }
  throw Error(std::string(what) + ": there is no '" + name + "', only " + names);
}

template <class Function>
std::vector<std::string> names_of(std::span<const Named<Function>> table) {
  std::vector<std::string> names;
  for (const Named<Function>& entry : table) names.push_back(entry.name);
  return names;
}

}  // namespace

std::span<const Named<Broadcast>> broadcasts() { return broadcast_table; }
std::span<const Named<Reduce>> reduces() { return reduce_table; }
std::span<const Named<Scatter>> scatters() { return scatter_table; }
std::span<const Named<Gather>> gathers() { return gather_table; }
std::span<const Named<Allgather>> allgathers() { return allgather_table; }
std::span<const Named<ReduceScatter>> reduce_scatters() { return reduce_scatter_table; }
std::span<const Named<Allreduce>> allreduces() { return allreduce_table; }

const Named<Allreduce>& find_allreduce(const std::string& name) {
  return find(allreduces(), "allreduce", name);
}
const Named<ReduceScatter>& find_reduce_scatter(const std::string& name) {
  return find(reduce_scatters(), "reduce-scatter", name);
}

std::vector<std::string> allreduce_names() { return names_of(allreduces()); }
std::vector<std::string> reduce_scatter_names() { return names_of(reduce_scatters()); }
