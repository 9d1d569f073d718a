# chapters/01_serial/peers.py common_pictures_test Pictures.Peers*
s/\[first : first + cores\])/[:cores])/
