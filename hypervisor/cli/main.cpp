#include <string_view>
#include <vector>

#include "hypervisor/cli/run.hpp"

int main(int argc, char** argv) {
  // argc can be 0, see execve(2).
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto status = baryon::host::run_command_line(words);
  return status ? *status : baryon::host::report(status.error());
}
