#include "kernel/fs/procfs/ipc_files.hpp"

#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs {
namespace {
constinit IpcReports reports{};
}  // namespace

void set_ipc_reports(const IpcReports& chosen) { reports = chosen; }

namespace proc {
namespace {

template <IpcReport IpcReports::* which>
Result<void> text(const Subject&, String& out) {
  return reports.*which != nullptr ? (reports.*which)(out) : Result<void>();
}

}  // namespace

constinit const Node kIpcNodes[3] = {file("msg", text<&IpcReports::messages>),
                                     file("sem", text<&IpcReports::semaphores>),
                                     file("shm", text<&IpcReports::shared_memory>)};

}  // namespace proc
}  // namespace baryon::fs
