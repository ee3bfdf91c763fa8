#include "hypervisor/engine/tcg/ivshmem_server.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hypervisor/files/unique_fd.hpp"

namespace baryon::host::tcg {

namespace {

constexpr std::int64_t kProtocolVersion = 0;
constexpr std::int64_t kOwnId = 0;  // QEMU's; the peers of abi::doorbell_peer() begin at 1
constexpr std::int64_t kSharedMemory = -1;

Expected<void> send_message(int socket, std::int64_t value, int descriptor) {
  iovec data{.iov_base = &value, .iov_len = sizeof value};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)]{};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  ssize_t sent;
  do sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent != sizeof value) return fail_errno("cannot tell QEMU about doorbells", errno);
  return {};
}

// The device insists on shared memory; nobody uses it.
Expected<void> send_shared_memory(int socket) {
  const UniqueFd memory(::memfd_create("ivshmem", MFD_CLOEXEC));
  if (!memory.valid() || ::ftruncate(memory.get(), abi::kPageSize) != 0)
    return fail_errno("cannot create a page of shared memory for QEMU", errno);
  return send_message(socket, kSharedMemory, memory.get());
}

}  // namespace

Expected<void> serve_ivshmem(int socket, const DoorbellFiles& files) {
  BARYON_TRY(send_message(socket, kProtocolVersion, -1));
  BARYON_TRY(send_message(socket, kOwnId, -1));
  // The n-th descriptor of a peer is its vector n.
  for (std::size_t i = 0; i < std::size(abi::kDoorbells); ++i)
    for (const int descriptor : files.by_value[i])
      BARYON_TRY(send_message(socket, abi::doorbell_peer(abi::kDoorbells[i]), descriptor));
  BARYON_TRY(send_shared_memory(socket));
  for (const int descriptor : files.interrupts) BARYON_TRY(send_message(socket, kOwnId, descriptor));
  return {};
}

}  // namespace baryon::host::tcg
