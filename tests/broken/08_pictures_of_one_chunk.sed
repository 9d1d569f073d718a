# chapters/08_layer_splitting/pictures.sh common_series_test Series.Each*
s/then chunks=2; else/then chunks=1; else/
