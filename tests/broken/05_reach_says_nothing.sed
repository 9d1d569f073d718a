# chapters/05_collectives/reach.cpp 05_collectives_reach_test PeerReach.TheProgram*
s/^  if (!options.parse/  if (options.parse/
