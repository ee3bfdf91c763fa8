// System V message queues (msgop(2)).
#pragma once

#include "kernel/base/list.hpp"
#include "kernel/ipc/object.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::ipc {

inline constexpr u64 kMostMessageBytes = 8192, kDefaultQueueBytes = 16384;  // MSGMAX, MSGMNB

struct Message {
  ListNode node;
  i64 type = 0;
  u64 size = 0;
  char* bytes = nullptr;
  static Result<Message*> create(u64 size);
  ~Message() { heap_free(bytes); }
};

class MessageQueue final : public RefCounted {
 public:
  static constexpr u32 kNoError = 010000, kExcept = 020000;
  explicit MessageQueue(const Permission& who) : permission(who), change_s(now_seconds()) {}
  // Takes over the message if it succeeds. EAGAIN, EIDRM, EINTR.
  Result<void> send(Message* message, u32 flags);
  // ENOMSG, E2BIG (longer than `most`, without MSG_NOERROR), EIDRM, EINTR. The caller deletes it.
  Result<Message*> receive(u64 most, i64 type, u32 flags);
  void remove();
  // After IPC_SET: who waits for room looks again.
  void changed() { senders_.wake_all(); }

  Permission permission;
  i32 id = -1;
  i64 send_s = 0, receive_s = 0, change_s;
  u64 bytes = 0, count = 0, most_bytes = kDefaultQueueBytes;  // the first two under lock_
  u32 send_pid = 0, receive_pid = 0;

 private:
  ~MessageQueue() override;
  void last_unref() override;
  Message* choose(i64 type, u32 flags);  // lock_ held
  SpinLock lock_;
  List<Message, &Message::node> messages_;
  bool removed_ = false;
  sched::WaitQueue senders_, receivers_;
};

Table<MessageQueue>& message_queues();
Result<void> report_queues(String& out);  // /proc/sysvipc/msg

}  // namespace baryon::ipc
