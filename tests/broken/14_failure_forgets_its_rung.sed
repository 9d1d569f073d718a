# chapters/14_search/trial_farm.cpp 14_search_test Farm.OnlyErrors*
/^} catch (const Error& error) {/,/^}/s|^          .rung = stretch.rung,||
