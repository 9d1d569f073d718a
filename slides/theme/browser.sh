# shellcheck shell=sh
# To be read by a shell script: `browse OPTIONS URL` starts a browser without a window, $browser is its name or empty.
browser=
for name in chromium chromium-browser google-chrome chrome; do
  if command -v "$name" >/dev/null 2>&1; then browser=$name; break; fi
done
browse() {
  # As root (in a container) Chromium refuses to start inside its sandbox; the pages are our own.
  # shellcheck disable=SC2046
  timeout -k 5 120 "$browser" --headless --disable-gpu --hide-scrollbars --window-size=1280,720 --virtual-time-budget=10000 --force-prefers-reduced-motion \
    $([ "$(id -u)" -ne 0 ] || echo --no-sandbox) --disable-dev-shm-usage "$@"
}
