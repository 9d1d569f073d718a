# common/mpi_guard/point_to_point.cpp mpi_guard_watch_test Traffic.*
s/count \* std::max(size_if_known(type)/count * std::min(size_if_known(type)/
