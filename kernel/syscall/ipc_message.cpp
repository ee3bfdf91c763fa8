// msgget(2), msgsnd(2), msgrcv(2), msgctl(2).
#include "kernel/base/unique.hpp"
#include "kernel/ipc/message_queue.hpp"
#include "kernel/syscall/ipc_structures.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kStatByIndex = 11, kInfo = 12, kStatAny = 13;
constexpr u32 kCopy = 040000;

UserQueue to_user_queue(const ipc::MessageQueue& q) {
  return {to_user(q.permission), q.send_s,   q.receive_s,   q.change_s, q.bytes, q.count,
          q.most_bytes,          q.send_pid, q.receive_pid, {}};
}

Result<u64> limits_or_use(u64 command, VirtAddr out) {
  UserQueueLimits limits = {.pool = 65536,
                            .map = 16384,
                            .most_message = ipc::kMostMessageBytes,
                            .most_bytes = ipc::kDefaultQueueBytes,
                            .most_objects = ipc::kMostObjects,
                            .segment_size = 16,
                            .headers = 16384,
                            .segments = 0xffff};
  const u32 highest = ipc::message_queues().highest();
  if (command == kInfo) {
    limits.pool = static_cast<i32>(ipc::message_queues().count());
    limits.map = limits.headers = 0;
    for (u32 index = 0; index < highest; ++index) {
      i32 id;
      const Ref<ipc::MessageQueue> each = ipc::message_queues().at(index, id);
      if (!each) continue;
      limits.map += static_cast<i32>(each->count);
      limits.headers += static_cast<i32>(each->bytes);
    }
  }
  TRY(copy_out(out, limits));
  return u64{highest ? highest - 1 : 0};
}

Result<void> set(ipc::MessageQueue& queue, const UserQueue& wanted) {
  // Beyond the default takes CAP_SYS_RESOURCE, which is not given: a queue's bytes are the kernel's memory.
  if (wanted.most_bytes > ipc::kDefaultQueueBytes) return Errno::perm;
  TRY(set_permission(queue.permission, wanted.permission));
  queue.most_bytes = wanted.most_bytes;
  queue.change_s = ipc::now_seconds();
  queue.changed();
  return {};
}

}  // namespace

Result<u64> sys_msgget(SyscallContext& c) {
  return static_cast<u64>(TRY(ipc::message_queues().get(
      static_cast<i32>(c.arg[0]), static_cast<u32>(c.arg[1]), [](ipc::MessageQueue&) { return Result<void>(); },
      [](const ipc::Permission& who) { return make_ref<ipc::MessageQueue>(who); })));
}

Result<u64> sys_msgsnd(SyscallContext& c) {
  const u64 size = c.arg[2];
  if (size > ipc::kMostMessageBytes || static_cast<i32>(c.arg[0]) < 0) return Errno::inval;
  const i64 type = TRY(copy_in<i64>(c.arg[1]));
  if (type < 1) return Errno::inval;
  Unique<ipc::Message> message(TRY(ipc::Message::create(size)));
  message->type = type;
  if (!arch::copy_from_user(message->bytes, c.arg[1] + sizeof type, size)) return Errno::fault;
  const Ref<ipc::MessageQueue> queue = TRY(ipc::message_queues().find(static_cast<i32>(c.arg[0])));
  TRY(queue->permission.check(ipc::kWrite));
  TRY(queue->send(message.get(), static_cast<u32>(c.arg[3])));
  (void)message.leak();
  return u64{0};
}

Result<u64> sys_msgrcv(SyscallContext& c) {
  const u32 flags = static_cast<u32>(c.arg[4]);
  if (static_cast<i64>(c.arg[2]) < 0 || static_cast<i32>(c.arg[0]) < 0) return Errno::inval;
  if (flags & kCopy) return Errno::nosys;  // for checkpointing
  const Ref<ipc::MessageQueue> queue = TRY(ipc::message_queues().find(static_cast<i32>(c.arg[0])));
  TRY(queue->permission.check(ipc::kRead));
  Unique<ipc::Message> message(TRY(queue->receive(c.arg[2], static_cast<i64>(c.arg[3]), flags)));
  const u64 length = message->size < c.arg[2] ? message->size : c.arg[2];
  TRY(copy_out(c.arg[1], message->type));
  if (!arch::copy_to_user(c.arg[1] + sizeof message->type, message->bytes, length)) return Errno::fault;
  return length;
}

Result<u64> sys_msgctl(SyscallContext& c) {
  const u64 command = static_cast<u32>(c.arg[1]) & ~kIpc64;
  i32 id = static_cast<i32>(c.arg[0]);
  if (command == kIpcInfo || command == kInfo) return limits_or_use(command, c.arg[2]);
  if (command == kStatByIndex || command == kStatAny) {
    const Ref<ipc::MessageQueue> queue = ipc::message_queues().at(static_cast<u32>(id), id);
    if (!queue) return Errno::inval;
    if (command == kStatByIndex) TRY(queue->permission.check(ipc::kRead));
    TRY(copy_out(c.arg[2], to_user_queue(*queue)));
    return static_cast<u64>(id);
  }
  const Ref<ipc::MessageQueue> queue = TRY(ipc::message_queues().find(id));
  switch (command) {
    case kIpcStat:
      TRY(queue->permission.check(ipc::kRead));
      TRY(copy_out(c.arg[2], to_user_queue(*queue)));
      return u64{0};
    case kIpcSet: TRY(set(*queue, TRY(copy_in<UserQueue>(c.arg[2])))); return u64{0};
    case kIpcRemove:
      TRY(queue->permission.check_owner());
      if (ipc::message_queues().disown(id)) {
        ipc::message_queues().leave(id);
        queue->remove();
      }
      return u64{0};
    default: return Errno::inval;
  }
}

}  // namespace baryon::syscall
