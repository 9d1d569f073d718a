// See datatypes.h.
#include "common/mpi_guard/datatypes.h"

namespace guard {
namespace {

struct Builtin {
  MPI_Datatype type;
  const char* name;
  int64_t bytes;
};

// A function, not a constant: in Open MPI the handles are addresses that are known only at run time.
const Builtin* find(MPI_Datatype type) {
  static const Builtin builtins[] = {
      {MPI_CHAR, "MPI_CHAR", 1},
      {MPI_SIGNED_CHAR, "MPI_SIGNED_CHAR", 1},
      {MPI_UNSIGNED_CHAR, "MPI_UNSIGNED_CHAR", 1},
      {MPI_BYTE, "MPI_BYTE", 1},
      {MPI_PACKED, "MPI_PACKED", 1},
      {MPI_SHORT, "MPI_SHORT", sizeof(short)},
      {MPI_UNSIGNED_SHORT, "MPI_UNSIGNED_SHORT", sizeof(short)},
      {MPI_INT, "MPI_INT", sizeof(int)},
      {MPI_UNSIGNED, "MPI_UNSIGNED", sizeof(int)},
      {MPI_LONG, "MPI_LONG", sizeof(long)},
      {MPI_UNSIGNED_LONG, "MPI_UNSIGNED_LONG", sizeof(long)},
      {MPI_LONG_LONG, "MPI_LONG_LONG", sizeof(long long)},
      {MPI_UNSIGNED_LONG_LONG, "MPI_UNSIGNED_LONG_LONG", sizeof(long long)},
      {MPI_FLOAT, "MPI_FLOAT", sizeof(float)},
      {MPI_DOUBLE, "MPI_DOUBLE", sizeof(double)},
      {MPI_LONG_DOUBLE, "MPI_LONG_DOUBLE", sizeof(long double)},
      {MPI_INT8_T, "MPI_INT8_T", 1},
      {MPI_UINT8_T, "MPI_UINT8_T", 1},
      {MPI_INT16_T, "MPI_INT16_T", 2},
      {MPI_UINT16_T, "MPI_UINT16_T", 2},
      {MPI_INT32_T, "MPI_INT32_T", 4},
      {MPI_UINT32_T, "MPI_UINT32_T", 4},
      {MPI_INT64_T, "MPI_INT64_T", 8},
      {MPI_UINT64_T, "MPI_UINT64_T", 8},
      {MPI_CXX_BOOL, "MPI_CXX_BOOL", sizeof(bool)},
      {MPI_FLOAT_INT, "MPI_FLOAT_INT", sizeof(float) + sizeof(int)},
      {MPI_DOUBLE_INT, "MPI_DOUBLE_INT", sizeof(double) + sizeof(int)},
      {MPI_2INT, "MPI_2INT", 2 * sizeof(int)},
      {MPI_DATATYPE_NULL, "nothing", 0},
  };
  for (const Builtin& builtin : builtins)
    if (builtin.type == type) return &builtin;
  return nullptr;
}

}  // namespace

const char* name_of(MPI_Datatype type) {
  const Builtin* builtin = find(type);
  return builtin ? builtin->name : "a derived type";
}

int64_t size_if_known(MPI_Datatype type) {
  const Builtin* builtin = find(type);
  return builtin ? builtin->bytes : -1;
}

}  // namespace guard
