#include "chapters/04_point_to_point/through_host.h"

ThroughHost::ThroughHost(Device& device, size_t longest)
    : device_(device), longest_(longest), buffers_(device, 2 * longest, Purpose::exchange) {}

void ThroughHost::run(float* data, std::span<const Range> chunks, const std::function<void(float* view, size_t n)>& work) {
  const auto begin_out = [&](size_t k) {
    if (k >= chunks.size()) return;
    device_.copy(buffer(k), data + chunks[k].first, chunks[k].size());
    device_.begin_copy_out(buffer(k), chunks[k].size());
  };
  begin_out(0);
  for (size_t k = 0; k < chunks.size(); ++k) {
    float* const chunk = buffer(k);
    const size_t n = chunks[k].size();
    begin_out(k + 1);
    device_.end_copy_out(chunk, n);
    work(device_.host_view(chunk, n), n);
    device_.begin_copy_in(chunk, n);
    device_.end_copy_in(chunk, n);
    device_.copy(data + chunks[k].first, chunk, n);
  }
}
