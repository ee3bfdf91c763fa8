// A host for hostfs in unit tests: a tree of names kept in a map, reached through qcall::call.
#pragma once

#include <map>
#include <string>

#include "kernel/base/types.hpp"

namespace baryon::fs::test {

struct FakeObject {
  u32 mode;            // with the type
  std::string target;  // of a symbolic link
};

// Paths without leading slash; "" is the root directory and always there.
inline std::map<std::string, FakeObject> host_objects;
inline unsigned host_requests = 0;

}  // namespace baryon::fs::test
