# chapters/10_hybrid/hybrid_options.cpp 10_hybrid_plan_test Memory.*
s/if (device == "cuda") {/if (device == "gpu") {/
