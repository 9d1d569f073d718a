# chapters/09_tensor_parallel/disturbed.h 09_tensor_parallel_test Disturbed.*
s|quantile(t, 0.75) > 1.25 \* quantile(t, 0.25)|quantile(t, 0.5) > 1.25 * quantile(t, 0.25)|
