#include "kernel/exec/program_loader.hpp"

#include <cstring>

#include <arch/program_info.hpp>

#include "kernel/base/heap.hpp"
#include "kernel/exec/stack_image.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/shared_memory.hpp"

namespace baryon::exec {
namespace {

// Linux's ELF_ET_DYN_BASE: two thirds of the address space.
constexpr VirtAddr kPieBase = 0x5555'5555'4000;
// Programs up to this size are read whole at once under the eager policy.
constexpr u64 kReadAtOnce = 8 << 20;

struct Buffer {
  u8* bytes = nullptr;
  ~Buffer() { heap_free(bytes); }
};

Result<u64> read_exactly(ByteSource& file, u64 offset, std::span<u8> out) {
  u64 got = TRY(file.read_at(offset, out));
  if (got != out.size()) return Errno::noexec;
  return got;
}

Result<ElfImage*> read_image(ByteSource& file, const char*& reason) {
  Buffer head{static_cast<u8*>(heap_allocate(kPageSize))};
  if (!head.bytes) return Errno::nomem;
  u64 size = file.size();
  u64 head_size = TRY(file.read_at(0, {head.bytes, std::min(size, kPageSize)}));
  ElfHeaders headers;
  ElfError error;
  if (!parse_elf_header({head.bytes, head_size}, size, arch::kElfMachine, headers, error)) {
    reason = error.reason;
    return error.code;
  }
  u64 table_size = headers.count * kProgramHeaderSize;
  std::span<const u8> table;
  Buffer far;
  if (headers.offset <= head_size && table_size <= head_size - headers.offset) {
    table = {head.bytes + headers.offset, table_size};
  } else {
    far.bytes = static_cast<u8*>(heap_allocate(table_size));
    if (!far.bytes) return Errno::nomem;
    TRY(read_exactly(file, headers.offset, {far.bytes, table_size}));
    table = {far.bytes, table_size};
  }
  ElfImage* image = TRY(make<ElfImage>());
  if (!parse_program_headers(headers, table, size, arch::kUserEnd, *image, error)) {
    delete image;
    reason = error.reason;
    return error.code;
  }
  return image;
}

Result<void> map_segment(mm::AddressSpace& space, const Ref<mm::MemoryObject>& object, const ElfSegment& s, u64 bias,
                         bool whole) {
  VirtAddr start = align_down(s.address + bias, kPageSize);
  VirtAddr file_end = s.address + bias + s.file_size;
  VirtAddr end = align_up(s.address + bias + s.memory_size, kPageSize);
  VirtAddr file_pages_end = s.file_size ? align_up(file_end, kPageSize) : start;
  if (s.file_size) {
    mm::MapRequest request;
    request.hint = start;
    request.length = file_pages_end - start;
    request.prot = s.prot;
    request.flags = mm::kMapFixedNoReplace | (whole ? mm::kMapPopulate : 0);
    request.object = object;
    request.offset = align_down(s.file_offset, kPageSize);
    TRY(space.map(request));
    // What follows the file's bytes in the last page is zero in memory, whatever the file holds there.
    if (s.memory_size > s.file_size && file_end < file_pages_end) {
      void* tail = TRY(space.kernel_window(file_end));
      std::memset(tail, 0, file_pages_end - file_end);
    }
  }
  if (end > file_pages_end) {
    // Overcommit's heuristic, as mmap has it: only what could never fit is refused, whatever the protection is.
    if ((end - file_pages_end) / kPageSize > mm::memory_statistics().total) return Errno::nomem;
    mm::MapRequest request;
    request.hint = file_pages_end;
    request.length = end - file_pages_end;
    request.prot = s.prot;
    request.flags = mm::kMapFixedNoReplace;
    TRY(space.map(request));
  }
  return {};
}

Result<VirtAddr> map_vdso(mm::AddressSpace& space, const Vdso& vdso) {
  if (vdso.code_pages == 0) return VirtAddr{0};
  Ref<mm::MemoryObject> code = TRY(make_ref<mm::FixedFrames>(vdso.code, vdso.code_pages));
  Ref<mm::MemoryObject> data = TRY(make_ref<mm::FixedFrames>(vdso.data, vdso.data_pages));
  // One gap for both.
  const u64 data_size = vdso.data_pages * kPageSize, code_size = vdso.code_pages * kPageSize;
  const VirtAddr gap = TRY(space.map_special(0, 0, vdso.code_pages + vdso.data_pages, 0, nullptr));
  TRY(space.unmap(gap, data_size + code_size));
  const VirtAddr at = gap + data_size;
  TRY(space.map_special(at, at + code_size, vdso.code_pages, mm::kProtRead | mm::kProtExec, "[vdso]", code));
  TRY(space.map_special(gap, at, vdso.data_pages, mm::kProtRead, "[vvar]", data));
  TRY(space.populate(at - data_size, data_size + vdso.code_pages * kPageSize, false));
  space.set_vdso(at);
  return at;
}

struct OwnedImage {
  ElfImage* image;
  ~OwnedImage() { delete image; }
};

}  // namespace

Result<void> write_memory(mm::AddressSpace& space, VirtAddr to, const void* from, u64 length) {
  auto* bytes = static_cast<const u8*>(from);
  while (length) {
    abi::Segment segments[4];
    u64 covered = 0;
    u32 count = TRY(space.segments(to, length, true, segments, covered));
    for (u32 i = 0; i < count; i++) {
      std::memcpy(mm::phys_to_virt(segments[i].gpa), bytes, segments[i].length);
      bytes += segments[i].length;
    }
    mm::unpin_segments({segments, count});
    to += covered;
    length -= covered;
  }
  return {};
}

namespace {

// Maps an image's segments with its addresses moved by `bias`.
Result<void> map_image(mm::AddressSpace& space, ByteSource& file, const ElfImage& image, u64 bias,
                       const char*& reason) {
  Ref<mm::MemoryObject> object = TRY(file.mapping());
  bool whole = mm::page_policy() == abi::PagePolicy::eager && image.high - image.low <= kReadAtOnce &&
               image.high - image.low <= mm::free_frames() * kPageSize / 4;
  for (u32 i = 0; i < image.segment_count; i++) {
    Result<void> mapped = map_segment(space, object, image.segments[i], bias, whole);
    if (mapped.ok()) continue;
    if (mapped.error().code() != Errno::exist) return mapped.error();
    reason = "its segments overlap";
    return Errno::noexec;
  }
  return {};
}

// What addresses of a main program are moved by.
Result<u64> choose_bias(const ElfImage& image, u64 seed, const char*& reason) {
  if (!image.position_independent) {
    if (image.low >= arch::kUserBegin) return u64{0};
    reason = "its segments lie below the lowest address a program can map";
    return Errno::noexec;
  }
  VirtAddr base = align_up(kPieBase + ((seed >> 22) & 0xffff) * kPageSize, image.alignment);
  u64 bias = base - align_down(image.low, image.alignment);
  if (image.high <= arch::kUserEnd - bias) return bias;
  reason = "its segments do not fit into the address space";
  return Errno::noexec;
}

struct Interpreter {
  VirtAddr base = 0, entry = 0;
};

// The program interpreter: where mmap would place it, as Linux does.
Result<Interpreter> load_interpreter(mm::AddressSpace& space, const LoadRequest& request, const ElfImage& program,
                                     const char*& reason) {
  reason = "its program interpreter cannot be read";
  Buffer path{static_cast<u8*>(heap_allocate(program.interpreter_size))};
  if (!path.bytes) return Errno::nomem;
  TRY(read_exactly(*request.file, program.interpreter_offset, {path.bytes, program.interpreter_size}));
  if (path.bytes[program.interpreter_size - 1] != 0) {
    reason = "the name of its program interpreter has no end";
    return Errno::noexec;
  }
  if (!request.open_interpreter) {
    reason = "it is dynamically linked, and there is no program interpreter";
    return Errno::noexec;
  }
  reason = "its program interpreter cannot be opened";
  Ref<ByteSource> file = TRY(request.open_interpreter(reinterpret_cast<const char*>(path.bytes), reason));
  Result<ElfImage*> read = read_image(*file, reason);
  // Linux: a broken interpreter is ELIBBAD.
  if (!read.ok()) return read.error().code() == Errno::noexec ? Error(Errno::libbad) : read.error();
  OwnedImage owned{read.take()};
  const ElfImage& image = *owned.image;
  u64 bias = 0;
  if (image.position_independent) {
    mm::MapRequest place;
    place.length = image.high - image.low + image.alignment;
    place.flags = mm::kMapLazy | mm::kMapNoReserve;
    VirtAddr at = TRY(space.map(place));
    TRY(space.unmap(at, place.length));
    bias = align_up(at, image.alignment) - align_down(image.low, image.alignment);
  } else if (image.low < arch::kUserBegin) {
    return Errno::libbad;
  }
  TRY(map_image(space, *file, image, bias, reason));
  return Interpreter{bias, image.entry + bias};
}

void note_segments(mm::AddressSpace::ProgramArea& program, const ElfImage& image, u64 bias) {
  for (u32 i = 0; i < image.segment_count; i++) {
    const ElfSegment& s = image.segments[i];
    if (s.prot & mm::kProtExec) {
      if (!program.code_start) program.code_start = s.address + bias;
      program.code_end = s.address + bias + s.file_size;
    } else if (s.prot & mm::kProtWrite) {
      if (!program.data_start) program.data_start = s.address + bias;
      program.data_end = s.address + bias + s.file_size;
    }
  }
}

}  // namespace

Result<LoadedProgram> load_program(mm::AddressSpace& space, const LoadRequest& request, const char*& reason) {
  reason = "it cannot be read";
  OwnedImage owned{TRY(read_image(*request.file, reason))};
  const ElfImage& image = *owned.image;
  reason = "not enough memory for it";
  const u64 bias = TRY(choose_bias(image, request.seed, reason));
  TRY(map_image(space, *request.file, image, bias, reason));
  note_segments(space.program, image, bias);
  space.set_heap_start(image.high + bias + ((request.seed >> 38) & 0x1fff) * kPageSize);

  VirtAddr top = TRY(space.map_stack(request.stack_limit));
  if (image.executable_stack)
    TRY(space.protect(top - (128 << 10), 128 << 10, mm::kProtRead | mm::kProtWrite | mm::kProtExec));
  Interpreter interpreter;
  if (image.has_interpreter) interpreter = TRY(load_interpreter(space, request, image, reason));
  reason = "not enough memory for it";
  VirtAddr vdso = TRY(map_vdso(space, request.vdso));
  reason = "its arguments and environment are too long";
  StackInput input{.top = top,
                   .entry = image.entry + bias,
                   .base = interpreter.base,
                   .headers = image.headers_address ? image.headers_address + bias : 0,
                   .header_count = image.header_count,
                   .vdso = vdso};
  VirtAddr stack_pointer = TRY(build_stack(space, request, input));
  reason = "";
  return LoadedProgram{interpreter.entry ? interpreter.entry : image.entry + bias, stack_pointer, vdso};
}

}  // namespace baryon::exec
