# chapters/03_fast_kernels/live.js 03_fast_kernels_live_test LiveRequests.AreThose*
s/, wavefront ${at + 1}`/, wavefront ${at}`/
