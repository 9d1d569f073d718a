#include "chapters/12_restart/write_all.h"

#include <algorithm>
#include <vector>

#include "chapters/12_restart/checkpoint_header.h"
#include "common/mpi/session.h"

void write_all_by_mpi(const std::string& file, std::span<const Segment> segments, MPI_Comm comm) {
  std::vector<Segment> in_order(segments.begin(), segments.end());
  std::ranges::sort(in_order, {}, &Segment::place);  // as a view must be
  std::vector<int> lengths;
  std::vector<MPI_Aint> in_memory, in_file;
  for (const Segment& s : in_order) {
    lengths.push_back(int(s.count));
    MPI_CHECK(MPI_Get_address(s.memory, &in_memory.emplace_back()));
    in_file.push_back(MPI_Aint(sizeof(float) * s.place));
  }
  const int count = int(in_order.size());
  MPI_Datatype memory, view;
  MPI_CHECK(MPI_Type_create_hindexed(count, lengths.data(), in_memory.data(), MPI_FLOAT, &memory));
  MPI_CHECK(MPI_Type_create_hindexed(count, lengths.data(), in_file.data(), MPI_FLOAT, &view));
  MPI_CHECK(MPI_Type_commit(&memory));
  MPI_CHECK(MPI_Type_commit(&view));
  MPI_File opened;
  MPI_CHECK(MPI_File_open(comm, file.c_str(), MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL, &opened));
  MPI_CHECK(MPI_File_set_view(opened, CheckpointHeader::bytes, MPI_FLOAT, view, "native", MPI_INFO_NULL));
  MPI_CHECK(MPI_File_write_all(opened, MPI_BOTTOM, 1, memory, MPI_STATUS_IGNORE));
  MPI_CHECK(MPI_File_sync(opened));
  MPI_CHECK(MPI_File_close(&opened));
  MPI_CHECK(MPI_Type_free(&memory));
  MPI_CHECK(MPI_Type_free(&view));
}
