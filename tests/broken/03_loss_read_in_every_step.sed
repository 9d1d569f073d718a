# chapters/03_fast_kernels/whole_step.cu 03_fast_kernels_test *OneLaunchAndNoWait*
s/^  unread_.push_back({0, batch.size()});/  unread_.push_back({0, batch.size()}), mlp_.device().synchronize();/
