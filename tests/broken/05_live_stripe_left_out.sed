# chapters/05_collectives/live.js 05_collectives_live_test LiveCollectives.SendWhatTheNativeOnesSend
s|let rank = 0; rank < ranks|let rank = 1; rank < ranks|
