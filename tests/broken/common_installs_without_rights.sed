# common/setup.sh common_scripts_test Setup.*
s/else rights=no; fi/else rights=yes; fi/
