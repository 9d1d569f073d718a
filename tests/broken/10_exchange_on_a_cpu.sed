# chapters/10_hybrid/hybrid_options.cpp 10_hybrid_measuring_test Options.Tell*
s/\.exchange = device == "cuda" ? exchange : "host"/.exchange = exchange/
