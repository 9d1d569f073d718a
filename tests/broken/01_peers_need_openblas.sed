# chapters/01_serial/peers.py common_pictures_test Pictures.PeersAreCompared*
s/^            if result:/            if True:/
