// As paging.hpp: entries are x86-64's.
#pragma once

#include "kernel/arch/x86_64/page_entry.hpp"
