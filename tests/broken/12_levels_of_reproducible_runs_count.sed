# chapters/12_restart/restart_options.cpp 12_restart_test Header.*
s/{"levels", reproducible ? "any" : std::to_string(levels)}/{"levels", std::to_string(levels)}/
