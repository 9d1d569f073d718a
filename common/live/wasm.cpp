// What the page calls, and exceptions, which wasi-libc has not. A throw ends the call by one of JavaScript's; the
// page then takes a fresh instance.
#include <cstdlib>
#include <exception>

#include "common/live/live.h"

#define LIVE_EXPORT(name) extern "C" __attribute__((export_name(name)))

__attribute__((import_module("live"), import_name("refuse"))) extern "C" void live_refuse(const char* words);

extern "C" void* __cxa_allocate_exception(size_t size) { return std::malloc(size); }
extern "C" void __cxa_free_exception(void* exception) { std::free(exception); }
extern "C" void __cxa_throw(void* exception, void*, void (*)(void*)) {
  live_refuse(static_cast<std::exception*>(exception)->what());
  std::abort();
}

extern "C" int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }  // the only thread never ends

namespace { std::string in, out; }

std::vector<unsigned char>& live::data() {
  static std::vector<unsigned char> bytes;
  return bytes;
}
LIVE_EXPORT("data_room") unsigned char* data_room(size_t bytes) { return live::data().resize(bytes), live::data().data(); }

LIVE_EXPORT("room") char* room(size_t bytes) { return in.assign(bytes, ' '), in.data(); }

// in: lines of `name value`.  Returns the JSON, ended by 0.
LIVE_EXPORT("call") const char* call() {
  live::Settings settings;
  for (size_t at = 0; at < in.size();) {
    const size_t space = in.find(' ', at), end = in.find('\n', space);
    settings[in.substr(at, space - at)] = in.substr(space + 1, end - space - 1);
    at = end + 1;
  }
  return (out = live::Figure::only(settings).text).c_str();
}
