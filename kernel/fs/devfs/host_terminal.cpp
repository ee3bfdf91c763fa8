#include "kernel/fs/devfs/host_terminal.hpp"

#include "kernel/fs/devfs/stream.hpp"
#include "kernel/fs/hostfs/host_file.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs {
namespace {

constinit SpinLock known_lock;  // the list of all, and each one's streams
constinit HostTerminal* known = nullptr;

}  // namespace

StreamHandle::StreamHandle(u32 handle, Ref<HostTerminal> its_terminal)
    : number(handle), terminal(std::move(its_terminal)) {
  if (terminal) terminal->attach(*this);
}

StreamHandle::~StreamHandle() {
  if (terminal) terminal->detach(*this);
  if (number > abi::kHandleStderr) host_close(number);
}

Result<Ref<HostTerminal>> HostTerminal::of(u64 host_device, u32 owner) {
  Ref<HostTerminal> fresh = TRY(make_named<HostTerminal>(host_device, owner));
  SpinGuard guard(known_lock);
  for (HostTerminal* at = known; at != nullptr; at = at->next_known_)
    if (at->host_device_ == host_device && at->try_ref()) {
      Ref<HostTerminal> found = Ref<HostTerminal>::adopt(at);
      fresh->leave_table();
      return found;  // the fresh one is on no list: it dies without the lock
    }
  fresh->next_known_ = known;
  known = fresh.get();
  return fresh;
}

HostTerminal::~HostTerminal() {
  SpinGuard guard(known_lock);
  for (HostTerminal** at = &known; *at != nullptr; at = &(*at)->next_known_)
    if (*at == this) {
      *at = next_known_;
      return;
    }
}

void HostTerminal::attach(StreamHandle& stream) {
  SpinGuard guard(known_lock);
  streams_.push_back(stream);
}

void HostTerminal::detach(StreamHandle& stream) {
  SpinGuard guard(known_lock);
  stream.node.unlink();
}

Result<Ref<File>> HostTerminal::open(u32 flags) {
  Ref<StreamHandle> shared;
  {
    SpinGuard guard(known_lock);
    for (StreamHandle& stream : streams_)
      if (stream.try_ref()) {
        shared = Ref<StreamHandle>::adopt(&stream);
        break;
      }
  }
  if (!shared) return Errno::nxio;
  abi::FileStat status;
  TRY(host_stat(shared->number, status));
  Ref<File> file = TRY(make_ref<StreamFile>(std::move(shared), flags, status));
  if ((flags & kNoCtty) == 0) offer_to_session();
  return file;
}

void HostTerminal::settle() {
  sched::Process& self = sched::current_process();
  if (session() == 0 && !terminal_of_session(self.session_id)) assign(self.session_id, self.group_id);
}

}  // namespace baryon::fs
