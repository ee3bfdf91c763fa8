// write(2) until everything is out. For messages and generated text, not for guest streams.
#pragma once

#include <string_view>

namespace baryon::host {

// True when every byte was written; false with errno set otherwise. Retries EINTR and short writes; blocks on a
// blocking descriptor, and waits with poll(2) on a non-blocking one.
[[nodiscard]] bool write_all(int descriptor, std::string_view bytes);

}  // namespace baryon::host
