// QEMU as a child process that cannot outlive this one: it is killed when the thread that started it ends, however that
// comes about (PR_SET_PDEATHSIG), and it is in a session of its own, so that a terminal's signals reach this process
// alone.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::tcg {

// The path of `name` in $PATH; an error that says what to install if there is none.
Expected<std::string> find_qemu(const char* name);

class QemuProcess {
 public:
  // `arguments` without the program's name. `inherited` stay open in the child under their numbers; everything else is
  // closed (which is what O_CLOEXEC sees to). Standard input and output are /dev/null, standard error is kept for
  // error messages. Call from the thread that lives longest.
  static Expected<QemuProcess> start(const std::string& program, const std::vector<std::string>& arguments,
                                     const std::vector<int>& inherited);

  QemuProcess(QemuProcess&&) noexcept = default;
  QemuProcess& operator=(QemuProcess&&) = delete;
  ~QemuProcess();  // kills and reaps

  void kill() noexcept;  // any thread

  // Readable when the process has ended.
  [[nodiscard]] int descriptor() const { return process_.get(); }

  // When it has ended: how, and the last it said.
  [[nodiscard]] std::string epitaph() const;

 private:
  QemuProcess(std::string program, UniqueFd process, UniqueFd errors)
      : program_(std::move(program)), process_(std::move(process)), errors_(std::move(errors)) {}

  std::string program_;
  UniqueFd process_;  // pidfd_open(2)
  UniqueFd errors_;
};

}  // namespace baryon::host::tcg
