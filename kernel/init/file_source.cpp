#include "kernel/init/file_source.hpp"

#include "kernel/base/format.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::init {

Result<Ref<exec::ByteSource>> FileSource::create(Ref<fs::File> file, const abi::FileStat& stat) {
  return Ref<exec::ByteSource>(TRY(make_ref<FileSource>(std::move(file), stat)));
}

Result<u64> FileSource::read_at(u64 offset, std::span<u8> out) {
  u64 done = 0;
  while (done < out.size()) {
    fs::IoBuffer buffer = fs::IoBuffer::kernel(out.data() + done, out.size() - done);
    const u64 count = TRY(file_->read_from(buffer, offset + done));
    if (count == 0) break;
    done += count;
  }
  return done;
}

u64 FileSource::name(char* buffer, u64 size) const {
  if (size == 0) return 0;
  buffer[0] = '\0';
  Result<String> path = file_->describe(*fs::root());
  return path.ok()
             ? format(buffer, size, "%.*s", static_cast<int>(path.value().view().size()), path.value().view().data())
             : 0;
}

}  // namespace baryon::init
