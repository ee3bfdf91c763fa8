// semget(2), semop(2), semctl(2).
#include "kernel/base/vector.hpp"
#include "kernel/ipc/semaphore.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/ipc_control.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

constexpr u64 kGetPid = 11, kGetValue = 12, kGetAll = 13, kGetMoreCount = 14, kGetZeroCount = 15, kSetValue = 16,
              kSetAll = 17, kStatByIndex = 18, kInfo = 19, kStatAny = 20;

UserSemaphoreSet to_user_set(const ipc::SemaphoreSet& set) {
  UserSemaphoreSet user{};
  user.permission = to_user(set.permission);
  user.operation_s = set.operation_s;
  user.change_s = set.change_s;
  user.count = set.size();
  return user;
}

Result<u64> operate(SyscallContext& c, u64 deadline_ns) {
  const u64 count = static_cast<u32>(c.arg[2]);
  if (count == 0 || static_cast<i32>(c.arg[0]) < 0) return Errno::inval;
  if (count > ipc::kMostOperations) return Errno::toobig;
  Vector<ipc::SemaphoreOperation> operations;
  TRY(operations.resize(count));
  if (!arch::copy_from_user(operations.data(), c.arg[1], count * sizeof(ipc::SemaphoreOperation))) return Errno::fault;
  Ref<ipc::SemaphoreSet> set = TRY(ipc::semaphore_sets().find(static_cast<i32>(c.arg[0])));
  u32 wanted = 0;
  for (const ipc::SemaphoreOperation& op : operations) {
    if (op.number >= set->size()) return Errno::fbig;
    wanted |= op.change ? ipc::kWrite : ipc::kRead;
  }
  TRY(set->permission.check(wanted));
  TRY(set->operate(operations.span(), deadline_ns));
  return u64{0};
}

Result<u64> limits_or_use(u64 command, VirtAddr out) {
  UserSemaphoreLimits limits = {.map = 131072000,
                                .most_objects = ipc::kMostObjects,
                                .most_semaphores = 131072000,
                                .most_undo = 131072000,
                                .most_per_set = ipc::kMostSemaphores,
                                .most_operations = ipc::kMostOperations,
                                .most_undo_entries = ipc::kMostOperations,
                                .undo_size = 20,
                                .most_value = ipc::kMostSemaphoreValue,
                                .most_adjust = ipc::kMostSemaphoreValue};
  if (command == kInfo) {
    limits.undo_size = static_cast<i32>(ipc::semaphore_sets().count());
    limits.most_adjust = 0;
    TRY(ipc::semaphore_sets().for_each([&](i32, ipc::SemaphoreSet& each) -> Result<void> {
      limits.most_adjust += static_cast<i32>(each.size());
      return {};
    }));
  }
  TRY(copy_out(out, limits));
  return u64{ipc::semaphore_sets().last_index()};
}

Result<u64> one(ipc::SemaphoreSet& set, u64 number, u64 command, u64 argument) {
  if (number >= set.size()) return Errno::inval;
  if (command == kSetValue) {
    const i32 value = static_cast<i32>(argument);
    if (value < 0 || value > ipc::kMostSemaphoreValue) return Errno::range;
    TRY(set.permission.check(ipc::kWrite));
    TRY(set.set_value(static_cast<u32>(number), value, sched::current_process().pid()));
    return u64{0};
  }
  TRY(set.permission.check(ipc::kRead));
  const auto semaphore = set.at(static_cast<u32>(number));
  switch (command) {
    case kGetPid: return u64{semaphore.pid};
    case kGetValue: return static_cast<u64>(semaphore.value);
    case kGetMoreCount: return u64{semaphore.waits_for_more};
    default: return u64{semaphore.waits_for_zero};
  }
}

Result<u64> all(ipc::SemaphoreSet& set, bool store, VirtAddr array) {
  TRY(set.permission.check(store ? ipc::kWrite : ipc::kRead));
  Vector<u16> values;
  TRY(values.resize(set.size()));
  const u64 bytes = values.size() * sizeof(u16);
  if (store) {
    if (!arch::copy_from_user(values.data(), array, bytes)) return Errno::fault;
    TRY(set.set_all(values.span(), sched::current_process().pid()));
    return u64{0};
  }
  for (u32 i = 0; i < values.size(); ++i) values[i] = static_cast<u16>(set.at(i).value);
  if (!arch::copy_to_user(array, values.data(), bytes)) return Errno::fault;
  return u64{0};
}

}  // namespace

Result<u64> sys_semget(SyscallContext& c) {
  const i32 count = static_cast<i32>(c.arg[1]);
  if (count < 0 || count > static_cast<i32>(ipc::kMostSemaphores)) return Errno::inval;
  return static_cast<u64>(TRY(ipc::semaphore_sets().get(
      static_cast<i32>(c.arg[0]), static_cast<u32>(c.arg[2]),
      [&](ipc::SemaphoreSet& found) -> Result<void> {
        return static_cast<u32>(count) > found.size() ? Errno::inval : Result<void>();
      },
      [&](const ipc::Permission& who) -> Result<Ref<ipc::SemaphoreSet>> {
        if (count == 0) return Errno::inval;
        return ipc::SemaphoreSet::create(who, static_cast<u32>(count));
      })));
}

Result<u64> sys_semop(SyscallContext& c) { return operate(c, sched::kNever); }

Result<u64> sys_semtimedop(SyscallContext& c) {
  if (c.arg[3] == 0) return operate(c, sched::kNever);
  const u64 timeout = TRY(to_ns(TRY(copy_in<Timespec>(c.arg[3]))));
  return operate(c, sched::deadline_after(sched::monotonic_ns(), timeout));
}

Result<u64> sys_semctl(SyscallContext& c) {
  const u64 command = static_cast<u32>(c.arg[2]) & ~kIpc64, argument = c.arg[3];
  const i32 id = static_cast<i32>(c.arg[0]);
  if (command == kIpcInfo || command == kInfo) return limits_or_use(command, argument);
  if (command == kStatByIndex || command == kStatAny)
    return report_place(ipc::semaphore_sets(), static_cast<u32>(id), command == kStatAny, argument, to_user_set);
  const Ref<ipc::SemaphoreSet> set = TRY(ipc::semaphore_sets().find(id));
  switch (command) {
    case kIpcStat: TRY(report_object(*set, false, argument, to_user_set)); return u64{0};
    case kIpcSet:
      TRY(set_permission(set->permission, TRY(copy_in<UserSemaphoreSet>(argument)).permission));
      set->change_s = ipc::now_seconds();
      return u64{0};
    case kIpcRemove: TRY(remove_object(ipc::semaphore_sets(), id, *set)); return u64{0};
    case kGetAll:
    case kSetAll: return all(*set, command == kSetAll, argument);
    case kGetPid:
    case kGetValue:
    case kGetMoreCount:
    case kGetZeroCount:
    case kSetValue: return one(*set, static_cast<u32>(c.arg[1]), command, argument);
    default: return Errno::inval;
  }
}

}  // namespace baryon::syscall
