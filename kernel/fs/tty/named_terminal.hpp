// Terminals that have a name in devpts, /dev/pts/<number>: pseudoterminals of the sandbox, and terminals of the host
// that its streams are attached to.
#pragma once

#include "kernel/fs/tty/terminal.hpp"

namespace baryon::fs {

class NamedTerminal : public Terminal {
 public:
  static constexpr u32 kMost = 1024;  // kernel.pty.max
  // The one of that number that is still named, or null.
  static Ref<NamedTerminal> find(u32 number);
  // The first number >= `from` in use; kMost: none.
  static u32 next(u32 from);

  u32 number() const { return number_; }

  // Attributes of /dev/pts/<n>.
  std::atomic<u32> uid, gid{5}, mode{0620};  // 5: tty
  const u64 created_ns;

 protected:
  NamedTerminal(u32 number, u32 owner);
  ~NamedTerminal() override { leave_table(); }
  // A new T(number, args...) with the lowest number that is free. Errors: nospc, nomem.
  template <class T, class... Args>
  static Result<Ref<T>> make_named(const Args&... args) {
    for (u32 number = next_free(0); number < kMost; number = next_free(number)) {
      Ref<T> terminal = TRY(make_ref<T>(number, args...));
      if (terminal->enter_table()) return terminal;
    }
    return Errno::nospc;
  }
  // Its name is free for others.
  void leave_table();

 private:
  static u32 next_free(u32 from);
  bool enter_table();  // false: the number has been taken meanwhile

  const u32 number_;
};

}  // namespace baryon::fs
