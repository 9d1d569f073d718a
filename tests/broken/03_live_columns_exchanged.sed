# chapters/03_fast_kernels/live.js 03_fast_kernels_live_test LiveRequests.AreThose*
s/\[one.name, one.bytes, one.shared/[one.name, one.least, one.shared/
