# chapters/01_serial/peers.py common_pictures_test Pictures.Peers*
s|statistics.median(a / b for|statistics.median(b / a for|
