# chapters/05_collectives/plot.sh common_series_test Series.CollectivesAre*
s/{ print \$1; exit }/{ last = $1 } END { print last }/
