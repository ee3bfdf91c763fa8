#include "hypervisor/sandbox/thread.hpp"

namespace baryon::host {

namespace {

// Formatting and logging want some; address sanitizer wants more.
constexpr std::size_t kStackBytes = 256 * 1024;

void* enter(void* argument) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  (*body)();
  return nullptr;
}

}  // namespace

Expected<Thread> Thread::start(const char* name, std::function<void()> body) {
  auto owned = std::make_unique<std::function<void()>>(std::move(body));
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t id;
  const int error = ::pthread_create(&id, &attributes, enter, owned.get());
  ::pthread_attr_destroy(&attributes);
  if (error != 0)
    return fail_errno(std::string("cannot start thread ") + name, error, "raise the limit on processes (ulimit -u)");
  static_cast<void>(owned.release());
  ::pthread_setname_np(id, name);
  return Thread(id);
}

}  // namespace baryon::host
