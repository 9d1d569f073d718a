# chapters/06_data_parallel/reproducible_exchange.cpp 06_data_parallel_test Rows.WhoHasNone*
s|-0.0f|0.0f|
