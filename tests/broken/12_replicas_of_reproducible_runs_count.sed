# chapters/12_restart/restart_options.cpp 12_restart_test Header.*
s/{"replicas", reproducible ? "any" : std::to_string(grid.data)}/{"replicas", std::to_string(grid.data)}/
