# chapters/10_hybrid/hybrid_options.cpp 10_hybrid_measuring_test Options.Take*
s/  if (levels == 2) std::printf.*/  ;/
