// Extended attributes: a short list per file, looked through from the start.
#include "kernel/fs/tmpfs/tmpfs.hpp"

namespace baryon::fs {
namespace {
// Of names and values of one file together, so that attributes cannot get around the size limit by much.
constexpr u32 kMostBytes = Inode::kMaxAttribute + 4096;
}  // namespace

TmpAttribute* TmpInode::find_attribute(std::string_view name) {
  for (TmpAttribute& attribute : attributes_)
    if (attribute.name.view() == name) return &attribute;
  return nullptr;
}

// The value of `name`, or, if it is empty, all names. Memory is found outside the lock: sizes may change meanwhile.
Result<void> TmpInode::copy_attributes(std::string_view name, String& out) {
  const u32 before = out.size();
  for (;;) {
    u32 needed = 0;
    {
      SpinGuard guard(tmp().lock);
      out.truncate(before);
      auto take = [&](std::string_view text) {
        needed += static_cast<u32>(text.size());
        if (out.capacity() >= before + needed) (void)out.append(text);  // within the reserve: cannot fail
      };
      if (name.empty()) {
        for (TmpAttribute& attribute : attributes_) take({attribute.name.data(), attribute.name.size() + 1});
      } else {
        TmpAttribute* attribute = find_attribute(name);
        if (!attribute) return Errno::nodata;
        take(attribute->value.view());
      }
      if (out.size() == before + needed) return {};
    }
    TRY(out.reserve(before + needed));
  }
}

Result<void> TmpInode::get_attribute(Dentry&, std::string_view name, String& out) { return copy_attributes(name, out); }
Result<void> TmpInode::list_attributes(Dentry&, String& out) { return copy_attributes({}, out); }

Result<void> TmpInode::set_attribute(Dentry&, std::string_view name, std::string_view value, u32 flags) {
  auto* fresh = TRY(make<TmpAttribute>());
  auto name_copy = String::copy(name), value_copy = String::copy(value);
  TmpAttribute* gone = fresh;
  Result<void> outcome;
  if (!name_copy.ok() || !value_copy.ok()) {
    outcome = Errno::nomem;
  } else {
    fresh->name = name_copy.take();
    fresh->value = value_copy.take();
    SpinGuard guard(tmp().lock);
    TmpAttribute* old = find_attribute(name);
    const u32 bytes = static_cast<u32>(name.size() + value.size());
    const u32 freed = old ? old->name.size() + old->value.size() : 0;
    if (old && flags & kAttributeCreate) outcome = Errno::exist;
    else if (!old && flags & kAttributeReplace) outcome = Errno::nodata;
    else if (attribute_bytes_ - freed + bytes > kMostBytes) outcome = Errno::nospc;
    else {
      if (old) old->node.unlink();
      gone = old;
      attributes_.push_back(*fresh);
      attribute_bytes_ += bytes - freed;
      touch(false);
    }
  }
  delete gone;
  return outcome;
}

Result<void> TmpInode::remove_attribute(Dentry&, std::string_view name) {
  TmpAttribute* gone;
  {
    SpinGuard guard(tmp().lock);
    gone = find_attribute(name);
    if (!gone) return Errno::nodata;
    gone->node.unlink();
    attribute_bytes_ -= gone->name.size() + gone->value.size();
    touch(false);
  }
  delete gone;
  return {};
}

}  // namespace baryon::fs
