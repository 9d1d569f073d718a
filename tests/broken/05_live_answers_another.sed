# chapters/05_collectives/live.js common_live_figures_test LiveFigures.OfACollective
s/      right: 2,/      right: 1,/
