# chapters/07_sharded_optimizer/zero_in_pieces.cpp 07_sharded_optimizer_host_test ThroughTheHost.*
s/^    const Range own = piece(u, rank_, c);/    device_.host_view(whole, unit.size());\n&/
