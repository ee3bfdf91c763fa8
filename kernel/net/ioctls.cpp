#include "kernel/net/ioctls.hpp"

namespace baryon::net {

Result<u64> interface_ioctl(u32, u64) { return Errno::notty; }

}  // namespace baryon::net
