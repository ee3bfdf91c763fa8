// Resource limits (getrlimit(2)).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::sched {

enum class Limit : u32 {
  cpu = 0,
  fsize,
  data,
  stack,
  core,
  rss,
  nproc,
  nofile,
  memlock,
  as,
  locks,
  sigpending,
  msgqueue,
  nice,
  rtprio,
  rttime,
  count_
};
inline constexpr u64 kUnlimited = ~u64{0};

struct LimitPair {
  u64 soft = kUnlimited;
  u64 hard = kUnlimited;
};

struct Limits {
  LimitPair value[static_cast<u32>(Limit::count_)];
  Limits();  // the defaults of a container
  LimitPair& operator[](Limit limit) { return value[static_cast<u32>(limit)]; }
  const LimitPair& operator[](Limit limit) const { return value[static_cast<u32>(limit)]; }
};

}  // namespace baryon::sched
