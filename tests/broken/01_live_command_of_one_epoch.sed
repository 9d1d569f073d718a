# chapters/01_serial/live.js common_live_figures_test LiveFigures.OfTraining
s/Math.ceil((set.steps \* set.batch) \/ 2500)/Math.ceil(set.steps \/ 2500)/
