# common/setup.sh common_setup_test Setup.*
s/else rights=no; fi/else rights=yes; fi/
