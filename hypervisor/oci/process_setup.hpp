// What the processes that a command leaves behind have in common.
#pragma once

#include <vector>

namespace baryon::host::oci {

// Closes everything but the standard streams and what is in `kept`: locks, directories and sockets of the command must
// end with the command. Descriptors below `first` stay as well.
void close_others(std::vector<int> kept, unsigned first = 3);

void default_signals();

}  // namespace baryon::host::oci
