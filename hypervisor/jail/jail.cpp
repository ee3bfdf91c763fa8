#include "hypervisor/jail/jail.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>

#include "hypervisor/jail/namespaces.hpp"
#include "hypervisor/jail/probes.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::jail {

namespace {

std::atomic<bool> closed{false};

Expected<void> restrict_process() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("cannot set no_new_privs", errno);
  // Neither core files nor ptrace(2) by the user's other processes: guest memory is the guest's.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  return install(compile(rules_of(Role::process)));
}

}  // namespace

Expected<Preparation> prepare(Jail mode) {
  Preparation prepared{.mode = mode, .namespaces = {}};
  if (mode == Jail::off) return prepared;
  if (may_make_namespaces()) prepared.namespaces.emplace(BARYON_TRY(Namespaces::begin()));
  else if (mode == Jail::on)
    return fail("--jail on: only root can make all of the jail", "run as root, or with --jail auto");
  return prepared;
}

Expected<void> close(Preparation prepared) {
  if (prepared.mode == Jail::off) return {};
  if (prepared.namespaces) {
    BARYON_TRY(prepared.namespaces->enter());
    BARYON_TRY(drop_capabilities(/*keep_those_for_files=*/true));
  } else {
    log::debug("jail: without privilege there are no namespaces; system calls are restricted");
    BARYON_TRY(drop_capabilities(/*keep_those_for_files=*/false));
  }
  prepared.namespaces.reset();
  BARYON_TRY(restrict_process());
  closed.store(true, std::memory_order_relaxed);
  log::debug("jail: closed");
  run_probes(Role::process);
  return {};
}

void restrict_thread(Role role) {
  if (!closed.load(std::memory_order_relaxed)) return;
  // The process's filter holds already; this one takes more away.
  if (auto installed = install(compile(rules_of(role))); !installed) log::error("jail: {}", installed.error().what);
  run_probes(role);
}

}  // namespace baryon::host::jail
