# chapters/07_sharded_optimizer/live.js common_live_figures_test LiveFigures.OfMemory
s/space = width - left - 78;/space = 760 - left - 78;/
