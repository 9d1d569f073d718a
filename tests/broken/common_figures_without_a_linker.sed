# common/live/build.sh common_scripts_test Scripts.LiveFigures*
s/^command -v wasm-ld-16 .*/:/
