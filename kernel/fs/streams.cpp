#include "kernel/fs/streams.hpp"

#include "kernel/fs/context.hpp"
#include "kernel/fs/devfs/device.hpp"

namespace baryon::fs {

Result<void> attach_process(sched::Process& process, const Ref<Dentry>& root, const Ref<Dentry>& working_directory) {
  Ref<FdTable> files = TRY(FdTable::create());
  for (u32 handle = 0; handle < 3; ++handle) {
    auto stream = open_stream(handle);
    if (!stream.ok()) continue;  // closed on the host: closed here
    TRY(files->install(stream.take(), false, 16, handle));
  }
  process.set_extension(sched::Extension::files, std::move(files));
  process.set_extension(sched::Extension::fs_context, TRY(make_ref<FsContext>(root, working_directory)));
  return {};
}

}  // namespace baryon::fs
