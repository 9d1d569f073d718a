# chapters/12_restart/live.js 12_restart_live_test LiveGoodput.IsWhatItsCommandPrints
s/--intervals 100 --seed/--intervals 200 --seed/
