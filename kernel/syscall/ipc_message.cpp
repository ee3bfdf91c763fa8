// msgget(2), msgsnd(2), msgrcv(2), msgctl(2).
#include "kernel/base/unique.hpp"
#include "kernel/ipc/message_queue.hpp"
#include "kernel/syscall/ipc_control.hpp"

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
  if (command == kInfo) {
    limits.pool = static_cast<i32>(ipc::message_queues().count());
    limits.map = limits.headers = 0;
    TRY(ipc::message_queues().for_each([&](i32, ipc::MessageQueue& each) -> Result<void> {
      limits.map += static_cast<i32>(each.count);
      limits.headers += static_cast<i32>(each.bytes);
      return {};
    }));
  }
  TRY(copy_out(out, limits));
  return u64{ipc::message_queues().last_index()};
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
  const i32 id = static_cast<i32>(c.arg[0]);
  if (command == kIpcInfo || command == kInfo) return limits_or_use(command, c.arg[2]);
  if (command == kStatByIndex || command == kStatAny)
    return report_place(ipc::message_queues(), static_cast<u32>(id), command == kStatAny, c.arg[2], to_user_queue);
  const Ref<ipc::MessageQueue> queue = TRY(ipc::message_queues().find(id));
  switch (command) {
    case kIpcStat: TRY(report_object(*queue, false, c.arg[2], to_user_queue)); return u64{0};
    case kIpcSet: TRY(set(*queue, TRY(copy_in<UserQueue>(c.arg[2])))); return u64{0};
    case kIpcRemove: TRY(remove_object(ipc::message_queues(), id, *queue)); return u64{0};
    default: return Errno::inval;
  }
}

}  // namespace baryon::syscall
