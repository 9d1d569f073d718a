// level: stretch
// points: 7
// ranks: 3 5 1
// forbids: MPI_Allgather MPI_Iallgather MPI_Allgatherv MPI_Iallgatherv MPI_Gather MPI_Igather MPI_Gatherv MPI_Bcast MPI_Ibcast
// hint: Columns 0 to 2 and 3 to 6 become 0 and 1, 2 and 3, 4 to 6: which columns go from whom to whom? In which column of the old part, and of the new one, does column 3 of w lie? And what is the overlap of two ranges that do not meet?
#include <numeric>
#include <span>

#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/task.h"

struct Part {
  Range rows, columns;
};

void reshard(float* new_part, const float* old_part, const std::vector<Part>& new_parts,
             const std::vector<Part>& old_parts, MPI_Comm comm);

using Counts = std::span<const int>;

// What alltoallv was given, the last time, and how often it was called.
static int calls = 0;
static std::vector<float> sent_then;
static size_t received_then = 0;
static std::vector<int> counts_then[4];

// Whether counts and starts fit together: parts lie inside of their arrays, and every rank awaits what it is sent.
static bool fits(size_t received, Counts receive_counts, Counts receive_starts, size_t sent,
                 Counts send_counts, Counts send_starts, MPI_Comm comm) {
  int ranks = 1;
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  int right = 1;
  for (Counts list : {receive_counts, receive_starts, send_counts, send_starts})
    if (list.size() != size_t(ranks)) right = 0;
  std::vector<int> announced(ranks, -1), awaited(ranks);
  if (right) announced.assign(send_counts.begin(), send_counts.end());
  // MPI_Alltoall would do; but whoever waits for others waits here, in a call that has the name that the student knows.
  const std::vector<int> one(ranks, 1);
  std::vector<int> places(ranks);
  std::iota(places.begin(), places.end(), 0);
  MPI_CHECK(MPI_Alltoallv(announced.data(), one.data(), places.data(), MPI_INT, awaited.data(), one.data(),
                          places.data(), MPI_INT, comm));
  const auto inside = [](int start, int count, size_t size) {
    return count == 0 || (count > 0 && start >= 0 && int64_t(start) + count <= int64_t(size));
  };
  for (int r = 0; right && r < ranks; ++r)
    right = receive_counts[r] == awaited[r] && inside(send_starts[r], send_counts[r], sent) &&
            inside(receive_starts[r], receive_counts[r], received);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &right, 1, MPI_INT, MPI_MIN, comm));
  return right;
}

// Where the numbers do not fit nothing is sent, and the judge says why not.
void alltoallv(std::span<float> received, Counts receive_counts, Counts receive_starts,
               std::span<const float> sent, Counts send_counts, Counts send_starts, MPI_Comm comm) {
  ++calls;
  sent_then.assign(sent.begin(), sent.end());
  received_then = received.size();
  const Counts given[4] = {receive_counts, receive_starts, send_counts, send_starts};
  for (int i = 0; i < 4; ++i) counts_then[i].assign(given[i].begin(), given[i].end());
  if (!fits(received.size(), receive_counts, receive_starts, sent.size(), send_counts, send_starts, comm))
    return;
  float out = 0, in = 0;  // MPICH takes two null pointers, as of empty vectors, for one array
  MPI_CHECK(MPI_Alltoallv(sent.empty() ? &out : sent.data(), send_counts.data(), send_starts.data(),
                          MPI_FLOAT, received.empty() ? &in : received.data(), receive_counts.data(),
                          receive_starts.data(), MPI_FLOAT, comm));
}

static std::vector<Part> parts(Task& task, int ranks) {
  std::vector<Part> all;
  for (int rank = 0; rank < ranks; ++rank) {
    const std::vector<int> borders = task.values<int>(4);
    all.push_back({{size_t(borders[0]), size_t(borders[1])}, {size_t(borders[2]), size_t(borders[3])}});
  }
  return all;
}

template <class T>
static void answer_with_size(Task& task, const std::vector<T>& values) {
  task.answer(double(values.size()));
  task.answer(values);
}

// Several moves, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  for (int moves = task.number(); moves > 0; --moves) {
    const int in = task.number(), out = task.number();
    const std::vector<float> w = task.values(size_t(in) * size_t(out));
    const std::vector<Part> old_parts = parts(task, mpi.size()), new_parts = parts(task, mpi.size());
    const Part& had = old_parts[size_t(mpi.rank())];
    const Part& gets = new_parts[size_t(mpi.rank())];
    std::vector<float> values;
    for (size_t r = had.rows.first; r < had.rows.last; ++r)
      for (size_t c = had.columns.first; c < had.columns.last; ++c) values.push_back(w[r * size_t(out) + c]);
    Output old_part(values);
    Output new_part(gets.rows.size() * gets.columns.size());
    calls = 0, received_then = 0, sent_then.clear();
    for (std::vector<int>& counts : counts_then) counts.clear();
    // A new communicator for each move: a rank that leaves too early does not meet the others in the next one.
    MPI_Comm tensor_ranks;
    MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &tensor_ranks));
    MPI_CHECK(MPI_Comm_set_name(tensor_ranks, "comm"));
    reshard(new_part, old_part, new_parts, old_parts, tensor_ranks);
    task.answer(double(calls));
    task.answer(double(received_then));
    answer_with_size(task, sent_then);
    for (const std::vector<int>& counts : counts_then) answer_with_size(task, counts);
    task.answer(old_part);
    task.answer(new_part);
    MPI_CHECK(MPI_Comm_free(&tensor_ranks));
  }
}
