#include "hypervisor/files/serving_thread.hpp"

#include <sched.h>
#include <sys/stat.h>

namespace baryon::host {
namespace {

enum class Prepared : unsigned char { not_yet, yes, refused };
constinit thread_local Prepared prepared = Prepared::not_yet;

}  // namespace

bool prepare_serving_thread() noexcept {
  if (prepared == Prepared::not_yet) [[unlikely]] {
    // clone(2), CLONE_FS: umask, root and working directory are per thread from here on.
    if (::unshare(CLONE_FS) == 0) {
      ::umask(0);
      prepared = Prepared::yes;
    } else {
      prepared = Prepared::refused;
    }
  }
  return prepared == Prepared::yes;
}

}  // namespace baryon::host
