# common/mpi_guard/trace_events.cpp common_mpi_guard_test Trace.IsWrittenInto*
s/return !std::filesystem::exists(file) || std::filesystem::is_regular_file(file) ? file + ".part" : file;/return file + ".part";/
