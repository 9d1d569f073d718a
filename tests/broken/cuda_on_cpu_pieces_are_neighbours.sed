# common/cuda_on_cpu/memory.cpp cuda_on_cpu_test Cuda/Bug.*/write_between_pieces
s/^    if (candidate.pages - (before.pages + before.pages_bytes) == page_bytes) return &before;/    return \&before;/
