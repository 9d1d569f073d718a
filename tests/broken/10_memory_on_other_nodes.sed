# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.TakesTwo*
s|on_nodes.nodes.push_back(rank / machine.ranks_of_node)|on_nodes.nodes.push_back(rank % machine.ranks_of_node)|
