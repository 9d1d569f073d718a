# chapters/13_scaling/timeline.cpp 13_scaling_test Timeline.*
s/  if (std::fclose(out) != 0 || !good) throw/  if (std::fclose(out) != 0 \&\& !good) throw/
