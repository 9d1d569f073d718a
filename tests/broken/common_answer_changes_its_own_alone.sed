# common/live/live.js common_live_figures_test LivePage.*
s/^    await change({ ...first, ...changed });/    await change(changed);/
