# chapters/03_fast_kernels/live.cpp 03_fast_kernels_live_test LiveRequests.AreThose*
s/{"units", units}, {"least", least}});/{"units", units}, {"least", units}});/
