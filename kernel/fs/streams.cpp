#include "kernel/fs/streams.hpp"

#include "kernel/fs/context.hpp"
#include "kernel/fs/devfs/device.hpp"

namespace baryon::fs {

namespace {
constexpr u64 kMaxStreams = 64;
}  // namespace

Result<void> attach_process(sched::Process& process, const Ref<Dentry>& root, const Ref<Dentry>& working_directory,
                            std::span<const u32> handles) {
  Ref<FdTable> files = TRY(FdTable::create());
  for (u32 descriptor = 0; descriptor < handles.size(); ++descriptor) {
    auto stream = open_stream(handles[descriptor], descriptor, process.credentials.fsuid);
    if (!stream.ok()) continue;  // closed on the host: closed here
    TRY(files->install(stream.take(), false, kMaxStreams, descriptor));
  }
  process.set_extension(sched::Extension::files, std::move(files));
  process.set_extension(sched::Extension::fs_context, TRY(make_ref<FsContext>(root, working_directory)));
  return {};
}

}  // namespace baryon::fs
