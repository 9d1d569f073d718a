# chapters/06_data_parallel/sleep_until_all.h 06_data_parallel_settings_test SleepUntilAll.*
s/; usleep(500))/;)/
