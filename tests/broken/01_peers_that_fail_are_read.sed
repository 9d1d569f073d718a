# chapters/01_serial/peers.py common_pictures_test Pictures.PeersAreCompared*
s/    if done\.returncode:/    if False:/
