# Makefile 12_attempts_test Attempts.OfTheMainJob*
s/(filter auto cuda,$(train_device))/(filter cuda,$(train_device))/
