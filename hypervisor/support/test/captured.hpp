// What a function writes to a descriptor, for tests.
#pragma once

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace baryon::host::test {

// Runs `function` with `descriptor` redirected into a temporary file, and returns what was written.
template <class Function>
std::string captured(int descriptor, Function&& function) {
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) std::abort();
  std::fflush(nullptr);
  const int saved = ::dup(descriptor);
  ::dup2(::fileno(file), descriptor);
  function();
  std::fflush(nullptr);
  ::dup2(saved, descriptor);
  ::close(saved);
  std::rewind(file);
  std::string text;
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, got);
  std::fclose(file);
  return text;
}

}  // namespace baryon::host::test
