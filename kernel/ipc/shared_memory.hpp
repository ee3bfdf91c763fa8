// System V shared memory (shmget(2)). A segment is the memory object of its mappings; it lives until it has been
// removed and the last mapping has gone.
#pragma once

#include "kernel/ipc/object.hpp"
#include "kernel/mm/memory_object.hpp"
#include "kernel/mm/page_store.hpp"

namespace baryon::ipc {

class Segment final : public mm::MemoryObject {
 public:
  static constexpr u32 kDestroyed = 01000, kLocked = 02000;  // SHM_DEST, SHM_LOCKED: shown with the mode
  Segment(const Permission& who, u64 bytes) : permission(who), size(bytes), change_s(now_seconds()) {}
  Result<PhysAddr> page(u64 offset, bool write) override;
  Identity identity() const override { return {1, static_cast<u64>(id)}; }
  u64 name(char* buffer, u64 length) const override;
  u64 resident_pages() const { return store_.pages(); }
  u64 attachments();  // mappings in all processes

  Permission permission;  // as the rest, written by calls that may race: a torn read harms nobody
  i32 id = -1;
  const u64 size;
  i64 attach_s = 0, detach_s = 0, change_s;
  u32 creator_pid = 0, last_pid = 0;

 private:
  void last_unref() override;
  mm::PageStore store_;
};

Table<Segment>& segments();
Result<void> report_segments(String& out);  // /proc/sysvipc/shm

}  // namespace baryon::ipc
