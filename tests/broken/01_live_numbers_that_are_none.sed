# chapters/01_serial/live.js common_live_figures_test LiveFigures.OfTraining
s/best < 0 ? "The weights are not numbers\."/best < -1 ? "The weights are not numbers."/
