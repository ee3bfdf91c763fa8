#include "kernel/fs/procfs/net_files.hpp"

#include "kernel/fs/procfs/tables.hpp"

namespace baryon::fs {

namespace {
NetReports reports{};
}  // namespace

void set_net_reports(const NetReports& chosen) { reports = chosen; }

namespace proc {
namespace {

template <NetReport NetReports::* which>
Result<void> text(const Subject&, String& out) {
  return reports.*which != nullptr ? (reports.*which)(out) : Result<void>();
}

}  // namespace

constinit const Node kNetNodes[8] = {
    file("dev", text<&NetReports::devices>),  file("if_inet6", text<&NetReports::addresses6>),
    file("route", text<&NetReports::routes>), file("tcp", text<&NetReports::tcp>),
    file("tcp6", text<&NetReports::tcp6>),    file("udp", text<&NetReports::udp>),
    file("udp6", text<&NetReports::udp6>),    file("unix", text<&NetReports::unix_sockets>),
};

}  // namespace proc
}  // namespace baryon::fs
