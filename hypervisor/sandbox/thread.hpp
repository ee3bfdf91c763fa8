// A joined thread with a small stack. std::thread would reserve the 8 MiB that `ulimit -s` says and cannot block
// signals before its first instruction.
#pragma once

#include <pthread.h>

#include <functional>
#include <memory>
#include <utility>

#include "hypervisor/support/error.hpp"

namespace baryon::host {

class Thread {
 public:
  // `name`: at most 15 bytes, shown by ps(1). The thread starts with the caller's signal mask.
  static Expected<Thread> start(const char* name, std::function<void()> body);

  Thread() = default;
  Thread(Thread&& other) noexcept : id_(other.id_), joinable_(std::exchange(other.joinable_, false)) {}
  Thread& operator=(Thread&& other) noexcept {
    join();
    id_ = other.id_;
    joinable_ = std::exchange(other.joinable_, false);
    return *this;
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }

  void join() {
    if (std::exchange(joinable_, false)) ::pthread_join(id_, nullptr);
  }

 private:
  explicit Thread(pthread_t id) : id_(id), joinable_(true) {}
  pthread_t id_{};
  bool joinable_ = false;
};

}  // namespace baryon::host
