# common/mpi_guard/requests.h common_mpi_guard_test *waitall_wrong_tag
s/^    return entries_\[(uint64_t)(uintptr_t)(request) \* 0x9e3779b97f4a7c15u >> 52\];/    const uint64_t bits = (uint64_t)(uintptr_t)(request); return entries_[(bits ^ (bits >> 6) ^ (bits >> 16)) % entries_.size()];/
