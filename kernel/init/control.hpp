// The host's messages (abi::ControlChannel).
#pragma once

#include "kernel/abi/control.hpp"

namespace baryon::init {

void set_up_control(abi::ControlChannel* channel);
// Takes what has come; true if there was something. Only vCPU 0 looks.
bool poll_control();

}  // namespace baryon::init
