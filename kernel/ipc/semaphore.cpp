#include "kernel/ipc/semaphore.hpp"

#include "kernel/sched/current.hpp"

namespace baryon::ipc {

Table<SemaphoreSet>& semaphore_sets() {
  static constinit Table<SemaphoreSet> table;
  return table;
}

Result<Ref<SemaphoreSet>> SemaphoreSet::create(const Permission& who, u32 count) {
  Ref<SemaphoreSet> set = TRY(make_ref<SemaphoreSet>(who));
  TRY(set->values_.resize(count));
  return set;
}

void SemaphoreSet::last_unref() {
  if (id >= 0) semaphore_sets().leave(id);
  delete this;
}

Errno SemaphoreSet::perform(std::span<const SemaphoreOperation> operations, UndoEntry* undo, u32 pid,
                            Blocked& blocked) {
  if (removed_) return Errno::idrm;
  Errno outcome{};
  std::size_t done = 0;
  for (; done < operations.size(); ++done) {
    const SemaphoreOperation& op = operations[done];
    i32& value = values_[op.number].value;
    if (op.change == 0 ? value != 0 : value + op.change < 0) {
      blocked = {op.number, op.change == 0, true};
      outcome =
          op.flags & static_cast<std::int16_t>(kNoWait) ? Errno::nodata : Errno::again;  // nodata: do not wait for it
      break;
    }
    if (value + op.change > kMostSemaphoreValue) {
      outcome = Errno::range;
      break;
    }
    if (op.flags & SemaphoreOperation::kUndo) {
      const i32 change = undo->changes[op.number] - op.change;
      if (change > kMostSemaphoreValue || change < -kMostSemaphoreValue - 1) {
        outcome = Errno::range;
        break;
      }
      undo->changes[op.number] = static_cast<std::int16_t>(change);
    }
    value += op.change;
  }
  if (outcome == Errno{}) {
    for (const SemaphoreOperation& op : operations) values_[op.number].pid = pid;
    operation_s = now_seconds();
    return outcome;
  }
  while (done-- > 0) {
    const SemaphoreOperation& op = operations[done];
    values_[op.number].value -= op.change;
    if (op.flags & SemaphoreOperation::kUndo)
      undo->changes[op.number] = static_cast<std::int16_t>(undo->changes[op.number] + op.change);
  }
  return outcome;
}

void SemaphoreSet::count_wait(const Blocked& blocked, i32 by) {
  if (!blocked.is) return;
  Semaphore& semaphore = values_[blocked.number];
  (blocked.for_zero ? semaphore.waits_for_zero : semaphore.waits_for_more) += static_cast<u32>(by);
}

Result<void> SemaphoreSet::operate(std::span<const SemaphoreOperation> operations, u64 deadline_ns) {
  sched::Process& process = sched::current_process();
  bool undoes = false, changes = false;
  for (const SemaphoreOperation& op : operations) {
    if (op.number >= size()) return Errno::fbig;
    undoes |= op.flags & SemaphoreOperation::kUndo;
    changes |= op.change != 0;
  }
  UndoEntry* undo = nullptr;
  if (undoes) {
    auto* list = process.extension<SemaphoreUndo>(sched::Extension::semaphores);
    if (!list) {
      Ref<SemaphoreUndo> fresh = TRY(make_ref<SemaphoreUndo>(process.pid()));
      SpinGuard guard(process.lock);
      if (!process.extension<SemaphoreUndo>(sched::Extension::semaphores))
        process.set_extension(sched::Extension::semaphores, std::move(fresh));
      list = process.extension<SemaphoreUndo>(sched::Extension::semaphores);
    }
    undo = TRY(list->entry_for(*this));
  }
  Errno outcome{};
  Blocked blocked;
  auto attempt = [&] {
    SpinGuard guard(lock_);
    if (!removed_) count_wait(blocked, -1);
    blocked.is = false;
    outcome = perform(operations, undo, process.pid(), blocked);
    if (outcome != Errno::again) {
      blocked.is = false;
      return true;
    }
    count_wait(blocked, 1);
    return false;
  };
  const Result<void> waited = sched::wait(queue_, attempt, deadline_ns);
  if (!waited.ok()) {
    SpinGuard guard(lock_);
    if (!removed_) count_wait(blocked, -1);
    return removed_                                   ? Errno::idrm
           : waited.error().code() == Errno::timedout ? Errno::again
                                                      : Errno::intr;  // never restarted
  }
  if (outcome == Errno::nodata) return Errno::again;
  if (outcome != Errno{}) return outcome;
  if (changes) queue_.wake_all();
  return {};
}

SemaphoreSet::Semaphore SemaphoreSet::at(u32 number) {
  SpinGuard guard(lock_);
  return values_[number];
}

Result<void> SemaphoreSet::set_value(u32 number, i32 value, u32 pid) {
  if (value < 0 || value > kMostSemaphoreValue) return Errno::range;
  {
    SpinGuard guard(lock_);
    for (UndoEntry& entry : undo_) entry.changes[number] = 0;
    values_[number].value = value;
    values_[number].pid = pid;
    change_s = now_seconds();
  }
  queue_.wake_all();
  return {};
}

Result<void> SemaphoreSet::set_all(std::span<const u16> values, u32 pid) {
  for (const u16 value : values)
    if (value > kMostSemaphoreValue) return Errno::range;
  {
    SpinGuard guard(lock_);
    for (UndoEntry& entry : undo_)
      for (std::int16_t& change : entry.changes) change = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values_[i].value = values[i];
      values_[i].pid = pid;
    }
    change_s = now_seconds();
  }
  queue_.wake_all();
  return {};
}

void SemaphoreSet::remove() {
  {
    SpinGuard guard(lock_);
    removed_ = true;
  }
  queue_.wake_all();
}

void SemaphoreSet::enlist(UndoEntry& entry) {
  SpinGuard guard(lock_);
  undo_.push_back(entry);
}

void SemaphoreSet::apply(UndoEntry& entry, u32 pid) {
  {
    SpinGuard guard(lock_);
    entry.in_set.unlink();
    for (std::size_t i = 0; i < entry.changes.size() && !removed_; ++i) {
      if (entry.changes[i] == 0) continue;
      const i32 value = values_[i].value + entry.changes[i];
      values_[i].value = value < 0 ? 0 : value > kMostSemaphoreValue ? kMostSemaphoreValue : value;
      values_[i].pid = pid;
    }
  }
  queue_.wake_all();
}

Result<UndoEntry*> SemaphoreUndo::entry_for(SemaphoreSet& set) {
  auto* fresh = TRY(make<UndoEntry>());
  if (auto sized = fresh->changes.resize(set.size()); !sized.ok()) {
    delete fresh;
    return sized.error();
  }
  fresh->set = Ref<SemaphoreSet>(set);
  UndoEntry* found = nullptr;
  bool added = false;
  {
    SpinGuard guard(lock_);
    for (UndoEntry* each : entries_)
      if (each->set.get() == &set) found = each;
    if (!found) added = entries_.push_back(fresh).ok();
    if (added) set.enlist(*fresh);
  }
  if (added) return fresh;
  delete fresh;
  return found ? Result<UndoEntry*>(found) : Errno::nomem;
}

SemaphoreUndo::~SemaphoreUndo() {
  for (UndoEntry* entry : entries_) {
    entry->set->apply(*entry, pid_);
    delete entry;
  }
}

Result<void> report_semaphores(String& out) {
  TRY(out.append("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"));
  return semaphore_sets().for_each([&](i32 id, SemaphoreSet& each) -> Result<void> {
    const Permission& p = each.permission;
    TRY(append_column(out, p.key, 10));
    TRY(append_column(out, id, 10));
    TRY(append_octal_column(out, p.mode, 5));
    return out.appendf("%10u %5u %5u %5u %5u %10ld %10ld\n", each.size(), p.uid, p.gid, p.creator_uid, p.creator_gid,
                       each.operation_s, each.change_s);
  });
}

}  // namespace baryon::ipc
