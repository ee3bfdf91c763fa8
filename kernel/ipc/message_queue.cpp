#include "kernel/ipc/message_queue.hpp"

#include "kernel/base/unique.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::ipc {

Table<MessageQueue>& message_queues() {
  static constinit Table<MessageQueue> table;
  return table;
}

Result<Message*> Message::create(u64 size) {
  auto* message = TRY(make<Message>());
  message->size = size;
  message->bytes = static_cast<char*>(heap_allocate(size ? size : 1));
  if (message->bytes) return message;
  delete message;
  return Errno::nomem;
}

MessageQueue::~MessageQueue() {
  while (Message* message = messages_.pop_front()) delete message;
}

void MessageQueue::last_unref() {
  if (id >= 0) message_queues().leave(id);
  delete this;
}

Result<void> MessageQueue::send(Message* message, u32 flags) {
  Errno outcome{};
  auto attempt = [&] {
    SpinGuard guard(lock_);
    if (removed_) return outcome = Errno::idrm, true;
    // As Linux counts: as many messages as bytes, so that empty ones have a limit, too.
    if (bytes + message->size > most_bytes || count + 1 > most_bytes) return outcome = Errno::again, false;
    messages_.push_back(*message);
    bytes += message->size;
    ++count;
    send_s = now_seconds();
    send_pid = sched::current_process().pid();
    return outcome = Errno{}, true;
  };
  if (!attempt()) {
    if (flags & kNoWait) return Errno::again;
    if (!sched::wait(senders_, attempt).ok()) return Errno::intr;  // never restarted
  }
  if (outcome != Errno{}) return outcome;
  receivers_.wake_all();
  return {};
}

Message* MessageQueue::choose(i64 type, u32 flags) {
  Message* best = nullptr;
  for (Message& each : messages_) {
    if (type == 0) return &each;
    if (type > 0) {
      if ((each.type == type) != ((flags & kExcept) != 0)) return &each;
    } else if (each.type <= -type && (!best || each.type < best->type)) {
      best = &each;
    }
  }
  return best;
}

Result<Message*> MessageQueue::receive(u64 most, i64 type, u32 flags) {
  Errno outcome{};
  Message* message = nullptr;
  auto attempt = [&] {
    SpinGuard guard(lock_);
    if (removed_) return outcome = Errno::idrm, true;
    Message* chosen = choose(type, flags);
    if (!chosen) return outcome = Errno::nomsg, false;
    if (chosen->size > most && !(flags & kNoError)) return outcome = Errno::toobig, true;
    chosen->node.unlink();
    message = chosen;
    bytes -= chosen->size;
    --count;
    receive_s = now_seconds();
    receive_pid = sched::current_process().pid();
    return outcome = Errno{}, true;
  };
  if (!attempt()) {
    if (flags & kNoWait) return Errno::nomsg;
    if (!sched::wait(receivers_, attempt).ok()) return Errno::intr;
  }
  if (outcome != Errno{}) return outcome;
  senders_.wake_all();
  return message;
}

void MessageQueue::remove() {
  {
    SpinGuard guard(lock_);
    removed_ = true;
  }
  senders_.wake_all();
  receivers_.wake_all();
}

Result<void> report_queues(String& out) {
  TRY(out.append(
      "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      "
      "rtime      ctime\n"));
  return message_queues().for_each([&](i32 id, MessageQueue& each) -> Result<void> {
    const Permission& p = each.permission;
    TRY(append_column(out, p.key, 10));
    TRY(append_column(out, id, 10));
    TRY(append_octal_column(out, p.mode, 5));
    return out.appendf("%11lu %10lu %5u %5u %5u %5u %5u %5u %10ld %10ld %10ld\n", each.bytes, each.count, each.send_pid,
                       each.receive_pid, p.uid, p.gid, p.creator_uid, p.creator_gid, each.send_s, each.receive_s,
                       each.change_s);
  });
}

}  // namespace baryon::ipc
