// Both link locks of a connection's two sockets.
#pragma once

#include "kernel/net/unix/socket.hpp"

namespace baryon::net {

class BARYON_SCOPED_CAPABILITY UnixSocket::BothLinks {
 public:
  // In order of address: two sockets that connect to each other at the same time do not wait for each other.
  BothLinks(UnixSocket& a, UnixSocket& b) __attribute__((no_thread_safety_analysis))
      : first_(&a < &b ? a : b), second_(&a < &b ? b : a) {
    first_.link_lock_.lock();
    if (&first_ != &second_) second_.link_lock_.lock();
  }
  ~BothLinks() __attribute__((no_thread_safety_analysis)) {
    if (&first_ != &second_) second_.link_lock_.unlock();
    first_.link_lock_.unlock();
  }
  BothLinks(const BothLinks&) = delete;
  BothLinks& operator=(const BothLinks&) = delete;

 private:
  UnixSocket& first_;
  UnixSocket& second_;
};

}  // namespace baryon::net
