# common/readme.sh common_scripts_test Texts.*
s/while IFS= read -r line/while read -r line/
