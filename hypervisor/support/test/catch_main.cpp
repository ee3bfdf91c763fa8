// main() of every Catch2 unit test binary of the host.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
