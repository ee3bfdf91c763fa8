// What a file descriptor may refer to without being a file: sockets. The seam between modules that make such
// objects (kernel/net) and kernel/fs, which gives them a descriptor (fs/object_file.hpp). Neither knows the other;
// both know this.
//
// Locking: none is held by the caller. An object is shared by all who hold its descriptors and does its own locking.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/io/io_buffer.hpp"
#include "kernel/io/poll.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::io {

class Object : public RefCounted {
 public:
  // read(2) and write(2). May block, interruptibly (Errno::restart_sys), unless `nonblocking` (Errno::again).
  virtual Result<u64> read(IoBuffer& buffer, bool nonblocking) = 0;
  virtual Result<u64> write(IoBuffer& buffer, bool nonblocking) = 0;
  // Events that hold now; a poller first enters poll_queue(), then asks. Never blocks.
  virtual u32 poll(u32 interest) = 0;
  // Woken whenever poll()'s answer may have gained events.
  sched::WaitQueue& poll_queue() { return poll_queue_; }
  virtual Result<u64> ioctl(u32 command, u64 argument) = 0;
  // The last descriptor is gone. Once; the object may live on where others hold references. May block.
  virtual void close() = 0;
  // Name in /proc/<pid>/fd ("socket:"), st_mode.
  virtual const char* describe() const = 0;
  virtual u32 mode() const = 0;

 protected:
  sched::WaitQueue poll_queue_;
};

}  // namespace baryon::io
