#include "kernel/syscall/socket_support.hpp"

#include <algorithm>

namespace baryon::syscall {

Result<SocketAt> socket_at(u64 fd) {
  Ref<fs::File> file = TRY(file_at(fd));
  if (file->flags() & fs::kPath) return Errno::badf;
  io::Object* object = fs::as_object(*file);
  if (!object) return Errno::notsock;
  // Sockets are the only objects that are no files.
  return SocketAt{std::move(file), static_cast<net::Socket*>(object)};
}

Result<u64> install_socket(Ref<net::Socket> socket, u64 flags) {
  Ref<fs::File> file =
      TRY(make_ref<fs::ObjectFile>(static_cast<u32>(flags) & fs::kNonBlock, Ref<io::Object>(std::move(socket))));
  return u64{TRY(fs::current_files().install(std::move(file), flags & fs::kCloseOnExec, fs::descriptor_limit()))};
}

Result<net::Address> load_address(VirtAddr from, u64 length) {
  const i32 given = static_cast<i32>(length);
  if (given < 0 || given > static_cast<i32>(net::kAddressMost)) return Errno::inval;
  net::Address address;
  address.length = static_cast<u32>(given);
  if (given > 0 && !arch::copy_from_user(address.bytes, from, address.length)) return Errno::fault;
  return address;
}

Result<void> resolve_address(const net::Socket& socket, net::Address& address) {
  if (socket.family != net::kUnix || address.family() != net::kUnix) return {};
  if (address.length > net::kUnixAddressMost) return Errno::inval;
  if (!address.is_path()) return {};
  const std::string_view path = address.path();
  Ref<fs::Dentry> found =
      TRY(fs::walk(TRY(place_of(static_cast<u32>(fs::kCurrentDirectory), path)), path, fs::kWalkFollow));
  abi::FileStat status;
  TRY(found->inode().stat(*found, status));
  if ((status.mode & fs::kTypeMask) != fs::kSocket) return Errno::connrefused;
  address.inode = {status.device, status.inode};
  return {};
}

Result<void> store_address(const net::Address& address, VirtAddr to, VirtAddr length) {
  if (to == 0) return {};
  const i32 room = TRY(copy_in<i32>(length));
  if (room < 0) return Errno::inval;
  const u32 count = std::min(static_cast<u32>(room), address.length);
  if (count > 0 && !arch::copy_to_user(to, address.bytes, count)) return Errno::fault;
  return copy_out(length, address.length);
}

}  // namespace baryon::syscall
