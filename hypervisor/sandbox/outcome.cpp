#include "hypervisor/sandbox/outcome.hpp"

#include <cerrno>
#include <cstring>

#include "hypervisor/support/format.hpp"

namespace baryon::host {

namespace {

constexpr int kSignalBase = 128;
constexpr int kMaxSignal = 64;

std::string describe_errno(int number) {
  const char* const text = strerrordesc_np(number);
  return text != nullptr ? text : fmt::format("error {}", number);
}

std::unexpected<Error> exec_failure(const GuestFarewell& farewell, const std::string& program,
                                    std::uint64_t memory_bytes) {
  std::string what = fmt::format("cannot run {}: {}", program, describe_errno(farewell.value));
  if (!farewell.message.empty()) what += fmt::format(": {}", farewell.message);
  switch (farewell.value) {
    case ENOENT:
    case ENOTDIR:
      return fail(std::move(what), "the path is looked up inside the sandbox, under --root", ExitCode::not_found);
    case ENOMEM:
      return fail(std::move(what),
                  fmt::format("the sandbox has {} MiB; give it more with --memory", memory_bytes >> 20));
    case ENOEXEC:
      return fail(std::move(what), "the program must be a static 64-bit ELF executable for this architecture",
                  ExitCode::not_executable);
    case EACCES:
    case EPERM:
      return fail(std::move(what), "the file must be regular, readable and executable", ExitCode::not_executable);
    default: return fail(std::move(what), "", ExitCode::not_executable);
  }
}

std::string setup_hint(std::int32_t number, std::uint64_t memory_bytes) {
  if (number == ENOMEM) return fmt::format("the sandbox has {} MiB; give it more with --memory", memory_bytes >> 20);
  return "paths of --cwd, and of --bind and --tmpfs after the colon, are looked up inside the sandbox";
}

}  // namespace

GuestFarewell copy_farewell(const abi::SandboxPage& page) {
  GuestFarewell farewell{};
  farewell.reason = static_cast<abi::ExitReason>(page.exit_reason.load(std::memory_order_acquire));
  farewell.value = page.exit_value;
  char text[sizeof page.message];
  std::memcpy(text, page.message, sizeof text);
  farewell.message.assign(text, ::strnlen(text, sizeof text));
  return farewell;
}

Expected<int> to_status(const GuestFarewell& farewell, const std::string& program, std::uint64_t memory_bytes) {
  switch (farewell.reason) {
    case abi::ExitReason::exited: return farewell.value & 0xff;
    case abi::ExitReason::signaled:
      if (farewell.value < 1 || farewell.value > kMaxSignal)
        return fail(fmt::format("the guest kernel reports the impossible signal {}", farewell.value));
      return kSignalBase + farewell.value;
    case abi::ExitReason::exec_failed: return exec_failure(farewell, program, memory_bytes);
    case abi::ExitReason::setup_failed:
      return fail(fmt::format("{}: {}", farewell.message, describe_errno(farewell.value)),
                  setup_hint(farewell.value, memory_bytes));
    case abi::ExitReason::panic:
      return fail(fmt::format("the guest kernel panicked: {}", farewell.message),
                  "this is a bug in baryon; please report it");
    case abi::ExitReason::out_of_memory:
      return fail(
          fmt::format("the sandbox ran out of memory{}{}", farewell.message.empty() ? "" : ": ", farewell.message),
          fmt::format("it has {} MiB; give it more with --memory", memory_bytes >> 20));
    case abi::ExitReason::running: break;
  }
  return fail(
      fmt::format("the guest kernel shut down for the unknown reason {}", static_cast<std::uint32_t>(farewell.reason)));
}

}  // namespace baryon::host
