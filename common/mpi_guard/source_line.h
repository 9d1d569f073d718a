// From return addresses to file:line, by addr2line where it is installed. Slow (a process is started), so only
// done when something is to be reported.
#pragma once

#include <vector>

#include "common/mpi_guard/report.h"

namespace guard {

// One place per address; a null address gives an empty text.
std::vector<Place> source_lines(const std::vector<const void*>& addresses);

}  // namespace guard
