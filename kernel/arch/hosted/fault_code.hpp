#pragma once

#include "kernel/arch/x86_64/fault_code.hpp"
