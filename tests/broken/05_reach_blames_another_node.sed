# chapters/05_collectives/reach.cpp 05_collectives_reach_test PeerReach.TheProgramSaysWhy*
s/refusal\.empty() && !away/refusal.empty()/
