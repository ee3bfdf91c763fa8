// Waiting for children (wait(2)).
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/task_table.hpp"

namespace baryon::sched {
namespace {

constexpr u32 kContinuedStatus = 0xffff;

bool matches(const WaitRequest& request, const Process& child) {
  if (request.which == WaitRequest::Which::pid && child.pid() != request.id) return false;
  if (request.which == WaitRequest::Which::group && child.group_id != request.id) return false;
  // wait(2): a clone child is one that tells its end by another signal than SIGCHLD, or by none.
  return request.all || (child.exit_signal != kSigchld) == request.clones_only;
}

// Tree lock held. True: `report` tells of a change, which is used up unless `keep`.
bool take_change(const WaitRequest& request, Process& parent, Process& child, WaitReport& report, Process*& reaped) {
  if (child.zombie) {
    if (!request.exited) return false;
    report.status = child.wait_status();
    if (!request.keep) {
      child.sibling_node.unlink();
      child.reaped = true;
      remove_process(child);
      parent.children_cpu_ns.fetch_add(child.finished_cpu_ns.load() + child.children_cpu_ns.load());
      const u64 peak = std::max(child.peak_pages.load(), child.children_peak_pages.load());
      if (peak > parent.children_peak_pages.load()) parent.children_peak_pages.store(peak);
      reaped = &child;
    }
  } else if (request.stopped && child.stop_report != 0) {
    report.status = child.stop_report << 8 | 0x7f;
    if (!request.keep) child.stop_report = 0;
  } else if (request.continued && child.continue_report) {
    report.status = kContinuedStatus;
    if (!request.keep) child.continue_report = false;
  } else {
    return false;
  }
  report.pid = child.pid();
  report.uid = child.credentials.uid;
  report.cpu_ns = child.finished_cpu_ns.load() + child.children_cpu_ns.load();
  report.peak_pages = child.peak_pages.load();
  return true;
}

enum class Outcome { none, nothing_yet, found };

Outcome look(const WaitRequest& request, WaitReport& report) {
  Process& self = current_process();
  Process* reaped = nullptr;
  Outcome outcome = Outcome::none;
  {
    SpinGuard guard(tree_lock);
    for (Process& child : self.children()) {
      if (!matches(request, child)) continue;
      outcome = Outcome::nothing_yet;
      if (!take_change(request, self, child, report, reaped)) continue;
      outcome = Outcome::found;
      break;
    }
  }
  if (reaped != nullptr) reaped->unref();  // the list's
  return outcome;
}

}  // namespace

Result<WaitReport> wait_child(const WaitRequest& request) {
  WaitReport report;
  Outcome outcome = Outcome::nothing_yet;
  const auto decided = [&] {
    outcome = look(request, report);
    return outcome != Outcome::nothing_yet;
  };
  if (!decided() && !request.no_hang) TRY(wait(current_process().child_events, decided));
  if (outcome == Outcome::none) return Errno::child;
  return report;
}

void child_info(const WaitReport& report, SigInfo& info) {
  const u32 status = report.status;
  if (status == kContinuedStatus) {
    info.code = kCldContinued;
    info.child.status = kSigcont;
  } else if ((status & 0xff) == 0x7f) {
    info.code = kCldStopped;
    info.child.status = static_cast<i32>(status >> 8);
  } else if ((status & 0x7f) != 0) {
    info.code = (status & 0x80) != 0 ? kCldDumped : kCldKilled;
    info.child.status = static_cast<i32>(status & 0x7f);
  } else {
    info.code = kCldExited;
    info.child.status = static_cast<i32>(status >> 8 & 0xff);
  }
}

}  // namespace baryon::sched
