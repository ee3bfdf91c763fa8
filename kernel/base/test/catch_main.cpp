// Runner of the kernel's host-built unit tests.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
