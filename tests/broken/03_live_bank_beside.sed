# chapters/03_fast_kernels/live.js 03_fast_kernels_live_test LiveRequests.AreThoseOfTheCounter
s/left + column \* cell + Math/left + (column + 1) * cell + Math/
