# chapters/06_data_parallel/large_batch.sh common_series_test Series.Large*
s/scaled_and_warmed_up >"\$record"/scaled_and_warmed_up >>"$record"/
