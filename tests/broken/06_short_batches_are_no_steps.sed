# chapters/06_data_parallel/large_batch.sh common_series_test Series.Large*
s/(60000 + batch - 1)/60000/
