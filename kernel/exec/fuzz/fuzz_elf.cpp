// Fuzz target: the ELF parser and the loader over a hostile file.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "kernel/exec/program_loader.hpp"
#include "kernel/exec/test/memory_source.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  static mm::FakeRam* ram = nullptr;
  static u64 rounds = 0;
  // A fresh arena now and then shows leaked frames as exhaustion.
  if (rounds++ % 4096 == 0) {
    delete ram;
    ram = new mm::FakeRam(64 << 20);
  }
  const u64 used = mm::memory_statistics().used;
  {
    auto space = mm::AddressSpace::create(0).take();
    exec::LoadRequest request;
    request.file = exec::memory_source({data, size});
    request.path = "/fuzz";
    const char* const arguments[] = {"fuzz"};
    request.arguments = arguments;
    const char* reason = nullptr;
    auto loaded = exec::load_program(*space, request, reason);
    if (!loaded.ok() && (!reason || !*reason)) std::abort();
    if (loaded.ok() && (loaded.value().stack_pointer % 16 != 0)) std::abort();
  }
  // Tables stay in their pool: at most one block more than before.
  if (mm::memory_statistics().used > used + 512) std::abort();
  return 0;
}
