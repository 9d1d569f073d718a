# chapters/12_restart/restart_options.cpp 12_programs_test Programs.AFolderWithCheckpoints*
s/if (!resume && folder.has_some())/if (keep < 0)/
