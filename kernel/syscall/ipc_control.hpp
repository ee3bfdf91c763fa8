// What the …ctl(2) calls of System V IPC have in common. `to_user(T&)` makes the structure that programs see.
#pragma once

#include "kernel/syscall/ipc_structures.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {

// IPC_STAT; with `any` nobody has to be allowed to read it.
template <class T, class ToUser>
Result<void> report_object(T& object, bool any, VirtAddr out, ToUser&& to_user) {
  if (!any) TRY(object.permission.check(ipc::kRead));
  return copy_out(out, to_user(object));
}

// …_STAT and …_STAT_ANY: by place in the table; returns the number.
template <class T, class ToUser>
Result<u64> report_place(ipc::Table<T>& table, u32 index, bool any, VirtAddr out, ToUser&& to_user) {
  i32 id;
  const Ref<T> object = table.at(index, id);
  if (!object) return Errno::inval;
  TRY(report_object(*object, any, out, to_user));
  return static_cast<u64>(id);
}

// IPC_RMID of what ends at once, whoever still uses it.
template <class T>
Result<void> remove_object(ipc::Table<T>& table, i32 id, T& object) {
  TRY(object.permission.check_owner());
  if (table.disown(id)) {
    table.leave(id);
    object.remove();
  }
  return {};
}

}  // namespace baryon::syscall
