// Page tables of host-built unit tests: the x86-64 ones, over an arena that stands for guest RAM.
#pragma once

#include "kernel/arch/x86_64/paging.hpp"
