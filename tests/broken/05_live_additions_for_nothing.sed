# chapters/05_collectives/live.cpp 05_collectives_live_test LiveCollectives.CostWhatTheNativeFormulasSay
s|{{1e9, alpha, beta + gamma}}, {{1e9|{{1e9, alpha, beta}}, {{1e9|
