// Mappings of host files.
//
// A private mapping reads its pages when they are first touched, or takes them from the cache (file_cache.hpp), and
// keeps them: it does not see later changes of the file (mmap(2) leaves that open). Shared mappings of one host file
// share one set of pages in the guest; they are written back by msync, munmap and exit, and before a read of the same
// range through a descriptor; writes through descriptors of this sandbox are copied into them. Changes made by other
// host processes are not seen while the mapping lives.
#pragma once

#include "kernel/fs/hostfs/host_file.hpp"
#include "kernel/mm/memory_object.hpp"

namespace baryon::fs {

Result<Ref<mm::MemoryObject>> map_host_file(Ref<HostFile> file, bool shared, bool write);

// Keep descriptors and shared mappings coherent. One load when no host file is mapped shared.
Result<void> shared_pages_before_read(HostFile& file, u64 offset, u64 length);
void shared_pages_after_write(HostFile& file, u64 offset, u64 length);
void shared_pages_truncated(HostFile& file, u64 size);

}  // namespace baryon::fs
