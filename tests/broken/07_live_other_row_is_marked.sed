# chapters/07_sharded_optimizer/live.js 07_sharded_optimizer_live_test LiveMemory.IsThat*
s/marked: 1 + set.level/marked: set.level/
