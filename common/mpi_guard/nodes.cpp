// See nodes.h.
#include "common/mpi_guard/nodes.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <random>
#include <type_traits>
#include <utility>

#include "common/mpi_guard/alarm.h"
#include "common/mpi_guard/socket.h"
#include "common/mpi_guard/wait.h"

namespace guard {
namespace {

static_assert(std::is_trivially_copyable_v<RankReport>);  // it travels as bytes between hosts of one kind

enum class Word : uint32_t { state, question, reports, end, farewell };
struct Header {
  Word word;
  uint32_t count;  // of reports
};

struct Node {
  Socket socket;
  NodeState state;
  std::vector<RankReport> reports;
  bool here = false, asks = false, answered = false, ends_the_job = false;
};

int ranks = 1, nodes = 1;
bool first_node = true;
bool all_connected = true;
std::vector<Node> others;  // on rank 0's node
Node first;                // on the other nodes

// ---- meeting ----

// Where to find rank 0's host, and how to prove that one belongs to this job.
struct Invitation {
  static constexpr int most = 16;
  uint64_t password = 0;
  in_port_t port = 0;
  int count = 0;
  in6_addr addresses[most];
};

Invitation invite(Socket& listener) {
  Invitation invitation;
  std::random_device random;
  invitation.password = uint64_t(random()) << 32 | random();
  listener = listen_somewhere(invitation.port);
  for (const in6_addr& address : own_addresses())
    if (invitation.count < Invitation::most) invitation.addresses[invitation.count++] = address;
  return invitation;
}

void receive_nodes(const Socket& listener, uint64_t password) {
  while (int(others.size()) < nodes - 1) {
    Node node;
    node.socket = accept_within(listener, 5000);
    if (!node.socket.open()) return;
    uint64_t said = 0;
    node.here = node.socket.receive(&said, sizeof said) && said == password;
    if (node.here) others.push_back(std::move(node));
  }
}

void visit(const Invitation& invitation) {
  for (int i = 0; i < invitation.count && !first.here; i++) {
    first.socket = connect_within(invitation.addresses[i], invitation.port, 1500);
    first.here = first.socket.send(&invitation.password, sizeof invitation.password);
  }
}

void meet(int rank, bool speaks_for_node) {
  Socket listener;
  Invitation invitation;
  if (rank == 0) invitation = invite(listener);
  politely(PMPI_Ibcast, &invitation, sizeof invitation, MPI_CHAR, 0, MPI_COMM_WORLD);
  if (rank == 0) receive_nodes(listener, invitation.password);
  if (rank != 0 && speaks_for_node) visit(invitation);
  const int connected = over_ranks(MPI_SUM, rank == 0 ? int(others.size()) : 0, MPI_COMM_WORLD);
  all_connected = connected == nodes - 1;
  if (rank == 0 && !all_connected)
    std::fprintf(stderr,
                 "guard: %d of %d other nodes could not reach this one over TCP: the watchdog is off\n",
                 nodes - 1 - connected, nodes - 1);
}

// ---- talking ----

bool say(Node& to, Word word, const void* data = nullptr, size_t bytes = 0, uint32_t count = 0) {
  static std::mutex speaking;  // the rank's own thread says farewell
  const std::lock_guard<std::mutex> turn(speaking);
  const Header header{word, count};
  return to.socket.send(&header, sizeof header) && to.socket.send(data, bytes);
}

void say_to_all(Word word) {
  say(first, word);
  for (Node& node : others) say(node, word);
}

// Reads one message of a node.
void hear(Node& node) {
  Header header;
  if (!node.socket.receive(&header, sizeof header)) return;
  if (header.word == Word::end) node.ends_the_job = true;
  if (header.word == Word::farewell) node.here = false;
  if (header.word == Word::question) node.asks = true;
  if (header.word == Word::state) node.socket.receive(&node.state, sizeof node.state);
  if (header.word == Word::reports) {
    node.reports.resize(header.count);
    node.answered = node.socket.receive(node.reports.data(), header.count * sizeof(RankReport));
  }
}

}  // namespace

void connect_nodes(MPI_Comm node) {
  int rank = 0, node_rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  PMPI_Comm_size(MPI_COMM_WORLD, &ranks);
  PMPI_Comm_rank(node, &node_rank);
  first_node = over_ranks(MPI_MIN, rank, node) == 0;
  nodes = over_ranks(MPI_SUM, node_rank == 0, MPI_COMM_WORLD);
  if (nodes > 1) meet(rank, node_rank == 0);
}

int ranks_in_job() { return ranks; }
bool is_first_node() { return first_node; }

bool another_node_ends_the_job() {
  for (Node& node : others)
    while (node.socket.ready(0)) hear(node);
  return std::any_of(others.begin(), others.end(), [](const Node& node) { return node.ends_the_job; });
}

bool another_node_died() {
  const auto died = [](const Node& node) { return node.here && !node.socket.open(); };
  return died(first) || std::any_of(others.begin(), others.end(), died);
}

void take_leave_of_other_nodes() { say_to_all(Word::farewell); }

std::vector<NodeState> states_of_other_nodes() {
  if (!all_connected) return {NodeState{}};  // "somebody does not wait": the alarm stays silent
  std::vector<NodeState> states;
  for (const Node& node : others) states.push_back(node.socket.open() ? node.state : NodeState{});
  return states;
}

std::vector<RankReport> ask_other_nodes(double seconds) {
  const double end = now() + seconds;
  std::vector<RankReport> reports;
  for (Node& node : others) node.answered = false;
  say_to_all(Word::question);
  for (Node& node : others) {
    while (!node.answered && now() < end && node.socket.open())
      if (node.socket.ready(100)) hear(node);
    if (node.answered) reports.insert(reports.end(), node.reports.begin(), node.reports.end());
  }
  return reports;
}

void tell_other_nodes_of_the_end() {
  say_to_all(Word::end);
  const double end = now() + 3;
  for (Node& node : others)
    while (node.socket.open() && now() < end)
      if (node.socket.ready(100)) hear(node);  // which closes it at the end
}

void tell_first_node(const NodeState& state, Page& page) {
  say(first, Word::state, &state, sizeof state);
  while (first.socket.ready(0)) hear(first);
  if (first.ends_the_job) page.ending = page.leaving = true;
  if (!std::exchange(first.asks, false)) return;
  const std::vector<RankReport> reports = ask_node(page, 15);
  say(first, Word::reports, reports.data(), reports.size() * sizeof(RankReport), uint32_t(reports.size()));
}

}  // namespace guard
