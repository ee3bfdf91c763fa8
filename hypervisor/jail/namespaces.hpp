// Own namespaces and the empty root.
#pragma once

#include <memory>

#include "hypervisor/support/error.hpp"

namespace baryon::host::jail {

// Whether the process may make namespaces that keep the meaning of user ids, which takes root.
[[nodiscard]] bool may_make_namespaces();

// A user namespace in which every id means itself, with mount, IPC and host name namespaces that belong to it, and an
// empty file system for a root. Another process makes them while this one does other things, because there is much to
// wait for: letting go of the host's mounts takes a grace period of RCU.
class Namespaces {
 public:
  // The caller is single-threaded until enter().
  [[nodiscard]] static Expected<Namespaces> begin();
  Namespaces(Namespaces&&) noexcept;
  Namespaces& operator=(Namespaces&&) = delete;
  ~Namespaces();  // when they were not entered, nothing of them is left

  // Waits until they are made and moves the calling process there, which must be single-threaded.
  [[nodiscard]] Expected<void> enter();

 private:
  class Maker;
  explicit Namespaces(std::unique_ptr<Maker> maker);
  std::unique_ptr<Maker> maker_;
};

// Gives up every capability but those that serve files of several owners. After the last thing that needs one.
[[nodiscard]] Expected<void> drop_capabilities(bool keep_those_for_files);

}  // namespace baryon::host::jail
