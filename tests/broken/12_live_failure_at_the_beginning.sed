# chapters/12_restart/live.js 12_restart_live_test LiveGoodput.IsThatOfTheNativeSimulation
s/for (const \[, , end\] of failures/for (const [, end] of failures/
