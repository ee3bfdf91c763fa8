// The QCall client of unit tests: answers stat, read_link, open and close from the fake tree, all else with ENOSYS.
#include "kernel/fs/test/fake_host.hpp"

#include <cstring>

#include "kernel/fs/types.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/qcall/client.hpp"

namespace baryon::qcall {
namespace {

using namespace fs::test;

std::string text_of(const abi::Segment& s) { return {static_cast<const char*>(mm::phys_to_virt(s.gpa)), s.length}; }

const FakeObject* find(const std::string& path) {
  static const FakeObject top{fs::kDirectoryType | 0755, ""};
  if (path.empty()) return &top;
  auto it = host_objects.find(path);
  return it == host_objects.end() ? nullptr : &it->second;
}

// What openat2 with RESOLVE_NO_SYMLINKS says about the directories on the way.
Errno walk_errors(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const FakeObject* object = find(path.substr(0, slash));
    if (!object) return Errno::noent;
    if ((object->mode & fs::kTypeMask) == fs::kSymlink) return Errno::loop;
    if ((object->mode & fs::kTypeMask) != fs::kDirectoryType) return Errno::notdir;
  }
  return Errno{};
}

}  // namespace

void Request::add_segment(const void* memory, u32 length) {
  segments[segment_count++] = {mm::virt_to_phys(memory), length, 0};
}

Result<i64> call(const Request& request) {
  ++host_requests;
  switch (request.op) {
    case abi::QCallOp::stat: {
      const std::string path = text_of(request.segments[0]);
      if (Errno error = walk_errors(path); error != Errno{}) return error;
      const FakeObject* object = find(path);
      if (!object) return Errno::noent;
      abi::FileStat status{};
      status.mode = object->mode;
      status.inode = 1000 + std::hash<std::string>()(path) % 1000000;
      status.device = 7;
      status.size = object->target.size();
      status.change_s = 1 + static_cast<i64>(object->target.size());  // another link, another time
      std::memcpy(mm::phys_to_virt(request.segments[1].gpa), &status, sizeof status);
      return i64{0};
    }
    case abi::QCallOp::stat_handle: {  // the root's handle, or what `open` answers
      const FakeObject* object = find("");
      if (!object) return Errno::noent;
      abi::FileStat status{};
      status.mode = object->mode;
      status.inode = 1000;
      status.device = 7;
      std::memcpy(mm::phys_to_virt(request.segments[0].gpa), &status, sizeof status);
      return i64{0};
    }
    case abi::QCallOp::read_link: {
      const FakeObject* object = find(text_of(request.segments[0]));
      if (!object) return Errno::noent;
      if (object->target.empty()) return Errno::inval;
      std::memcpy(mm::phys_to_virt(request.segments[1].gpa), object->target.data(), object->target.size());
      return static_cast<i64>(object->target.size());
    }
    case abi::QCallOp::open: return find(text_of(request.segments[0])) ? Result<i64>(i64{40}) : Errno::noent;
    case abi::QCallOp::close: return i64{0};
    default: return Errno::nosys;
  }
}

Result<i64> call_interruptible(const Request& request) { return call(request); }
bool post(const Request& request) { return call(request).ok(); }
Pending::~Pending() = default;
Result<void> Pending::submit(const Request&) { return Errno::nosys; }
void Pending::cancel() {}

}  // namespace baryon::qcall
