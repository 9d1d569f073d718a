# chapters/10_hybrid/plan.cpp 10_hybrid_plan_test Plan.KeepsTensor*
s/if (a.fits != b.fits) return a.fits;/if (a.crosses == b.crosses \&\& a.fits != b.fits) return a.fits;/
