# chapters/10_hybrid/hybrid_options.cpp 10_hybrid_measuring_test Options.Refuse*
s/else if (here.memory == 0) here.memory = share_of_memory/else if (here.memory < 0) here.memory = share_of_memory/
