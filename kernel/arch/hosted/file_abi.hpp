// Layouts of file structures: x86-64's.
#pragma once

#include "kernel/arch/x86_64/file_abi.hpp"
