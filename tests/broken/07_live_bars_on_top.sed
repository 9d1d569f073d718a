# chapters/07_sharded_optimizer/live.js 07_sharded_optimizer_live_test LiveMemory.IsThatOfTheNativeFormulas
s|x += size;|x += size / 2;|
