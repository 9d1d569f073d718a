# chapters/01_serial/peers.py common_pictures_test Pictures.Peers*
s/"MKL_NUM_THREADS"), str(cores)))/"MKL_NUM_THREADS"), "1"))/
