#include "hypervisor/oci/console.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "hypervisor/files/unique_fd.hpp"

namespace baryon::host::oci {

namespace {

Expected<UniqueFd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail("--console-socket: the path " + path + " is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno("cannot create a socket", errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("--console-socket: cannot connect to " + path, errno);
  return socket;
}

// As runc: the descriptor, and its name as the data (containerd/go-runc and conmon read both).
Expected<void> send_master(int socket, int master) {
  char name[] = "/dev/ptmx";
  iovec part{.iov_base = name, .iov_len = sizeof name - 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &master, sizeof master);
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
    return fail_errno("--console-socket: cannot send the terminal's master", errno);
  return {};
}

}  // namespace

Expected<void> attach_console(const std::string& socket_path, std::uint16_t rows, std::uint16_t columns) {
  const UniqueFd master(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master.valid()) return fail_errno("cannot allocate a pseudoterminal", errno, "is devpts mounted?");
  if (::unlockpt(master.get()) != 0) return fail_errno("cannot unlock a pseudoterminal", errno);
  // Not by its name: this works in whatever mount namespace we are.
  const UniqueFd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.valid()) return fail_errno("cannot open a pseudoterminal's slave", errno);
  if (rows != 0 || columns != 0) {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::ioctl(master.get(), TIOCSWINSZ, &size) != 0) return fail_errno("cannot set the size of a terminal", errno);
  }
  BARYON_TRY(send_master(BARYON_TRY(connect_to(socket_path)).get(), master.get()));
  for (const int stream : {0, 1, 2})
    if (::dup2(slave.get(), stream) < 0) return fail_errno("cannot attach the terminal", errno);
  if (::ioctl(0, TIOCSCTTY, 0) != 0) return fail_errno("cannot make the terminal the controlling one", errno);
  return {};
}

}  // namespace baryon::host::oci
