// Descriptors on their way through a socket (SCM_RIGHTS, unix(7)). This module does not know what a file is: the
// caller hands over counted references and gets them back.
//
// A file in flight may be a socket that has files in flight itself. Dropping such a chain must not recurse (the
// kernel's stack is small), so what is dropped goes on one list that the first dropper works off.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/vector.hpp"

namespace baryon::net {

class Rights {
 public:
  Rights() = default;
  Rights(Rights&& other) noexcept : files_(std::move(other.files_)), counted_(std::exchange(other.counted_, 0)) {}
  Rights& operator=(Rights&& other) noexcept {
    std::swap(files_, other.files_);
    std::swap(counted_, other.counted_);
    return *this;
  }
  ~Rights() { drop(); }

  bool empty() const { return files_.empty(); }
  u32 size() const { return static_cast<u32>(files_.size()); }
  Result<void> add(Ref<RefCounted> file) { return files_.push_back(std::move(file)); }
  Ref<RefCounted>& operator[](u32 i) { return files_[i]; }
  // For MSG_PEEK: the same files once more, not counted as in flight.
  Result<Rights> duplicate() const;
  // Counts the files as in flight. ETOOMANYREFS above `limit` (the sender's RLIMIT_NOFILE, as Linux does): what
  // programs can leave behind in cycles of unreachable sockets is bounded by it.
  Result<void> take_off(u64 limit);
  void land();
  void drop();

 private:
  Vector<Ref<RefCounted>> files_;
  u32 counted_ = 0;
};

// Files in flight in the whole sandbox.
u32 rights_in_flight();

}  // namespace baryon::net
