// Extended attributes of host files. The host serves those that begin with "user.".
#include <algorithm>

#include "kernel/fs/dentry.hpp"
#include "kernel/fs/hostfs/host_file.hpp"
#include "kernel/fs/hostfs/hostfs.hpp"

namespace baryon::fs {
namespace {

using abi::QCallOp;

// Asks with a small buffer first, as most values are short.
template <class Prepare>
Result<void> fetch(const Dentry& dentry, QCallOp op, String& out, Prepare&& add_name) {
  PathArgument path = TRY(PathArgument::of(dentry));
  for (u32 size = 256;; size = Inode::kMaxAttribute) {
    char* bytes = static_cast<char*>(heap_allocate(size));
    if (!bytes) return Errno::nomem;
    qcall::Request request;
    request.op = op;
    request.handle = path.handle;
    path.add_to(request);
    add_name(request);
    request.add_segment(bytes, size);
    auto length = qcall::call(request);
    Result<void> outcome;
    if (length.ok()) outcome = out.append({bytes, std::min<u64>(static_cast<u64>(length.value()), size)});
    else outcome = length.error();
    heap_free(bytes);
    if (outcome.ok() || outcome.error().code() != Errno::range || size == Inode::kMaxAttribute) return outcome;
  }
}

}  // namespace

Result<void> HostInode::get_attribute(Dentry& self, std::string_view name, String& out) {
  PathArgument text = TRY(PathArgument::text(name));
  return fetch(self, QCallOp::get_attribute, out, [&](qcall::Request& request) { text.add_to(request); });
}

Result<void> HostInode::list_attributes(Dentry& self, String& out) {
  return fetch(self, QCallOp::list_attributes, out, [](qcall::Request&) {});
}

Result<void> HostInode::set_attribute(Dentry& self, std::string_view name, std::string_view value, u32 flags) {
  PathArgument path = TRY(PathArgument::of(self));
  PathArgument text = TRY(PathArgument::text(name));
  String copy = TRY(String::copy(value));
  qcall::Request request;
  request.op = QCallOp::set_attribute;
  request.handle = path.handle;
  request.arg[0] = flags;
  path.add_to(request);
  text.add_to(request);
  if (!value.empty()) request.add_segment(copy.data(), copy.size());
  TRY(changing_call(request));
  return {};
}

Result<void> HostInode::remove_attribute(Dentry& self, std::string_view name) {
  PathArgument path = TRY(PathArgument::of(self));
  PathArgument text = TRY(PathArgument::text(name));
  qcall::Request request;
  request.op = QCallOp::remove_attribute;
  request.handle = path.handle;
  path.add_to(request);
  text.add_to(request);
  TRY(changing_call(request));
  return {};
}

}  // namespace baryon::fs
