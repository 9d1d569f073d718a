# chapters/03_fast_kernels/live.js 03_fast_kernels_live_test LiveRequests.AreThose*
s/`lane ${followed ? set\.lane : lanes\[0\]}`/`lane ${lanes[0]}`/
