#include "hypervisor/oci/state.hpp"

#include <time.h>

#include <charconv>

#include "hypervisor/oci/file.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::oci {

Json to_json(const ContainerState& state) {
  return {{"id", state.id},
          {"ociVersion", state.oci_version},
          {"bundle", state.bundle},
          {"rootfs", state.root_file_system},
          {"created", state.created},
          {"annotations", state.annotations},
          {"ownerUid", state.owner_uid},
          {"pid", state.pid},
          {"pidStart", state.pid_start},
          {"cgroups", state.cgroups},
          {"hooks",
           {{"poststart", hooks_to_json(state.hooks.poststart)}, {"poststop", hooks_to_json(state.hooks.poststop)}}}};
}

Expected<ContainerState> state_from_json(const Json& document, const std::string& source) {
  const Node top(document, source + ":");
  ContainerState state;
  state.id = BARYON_TRY(BARYON_TRY(top.get("id")).string());
  state.oci_version = BARYON_TRY(top.string_or("ociVersion"));
  state.bundle = BARYON_TRY(top.string_or("bundle"));
  state.root_file_system = BARYON_TRY(top.string_or("rootfs"));
  state.created = BARYON_TRY(top.string_or("created"));
  if (const auto annotations = BARYON_TRY(top.find("annotations")))
    state.annotations = BARYON_TRY(annotations->string_map());
  state.owner_uid = static_cast<std::uint32_t>(BARYON_TRY(top.integer_if("ownerUid", 0, UINT32_MAX)).value_or(0));
  state.pid = static_cast<pid_t>(BARYON_TRY(top.integer_if("pid", 0, INT32_MAX)).value_or(0));
  state.pid_start = BARYON_TRY(BARYON_TRY(top.get("pidStart")).natural());
  state.cgroups = BARYON_TRY(top.strings_or_none("cgroups"));
  if (const auto hooks = BARYON_TRY(top.find("hooks"))) state.hooks = BARYON_TRY(parse_hooks(*hooks));
  return state;
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::creating: return "creating";
    case Status::created: return "created";
    case Status::running: return "running";
    case Status::paused: return "paused";
    case Status::stopped: return "stopped";
  }
  return "?";
}

Json specified_state(const ContainerState& state, Status status) {
  Json json = {
      {"ociVersion", "1.0.2"},       {"id", state.id},         {"pid", status == Status::stopped ? 0 : state.pid},
      {"status", to_string(status)}, {"bundle", state.bundle}, {"rootfs", state.root_file_system},
      {"created", state.created}};
  if (!state.annotations.empty()) json["annotations"] = state.annotations;
  return json;
}

std::optional<ProcessFacts> process_facts(pid_t pid) {
  const std::string line = read_line(fmt::format("/proc/{}/stat", pid));
  // proc(5): "pid (comm) state ppid …"; comm may contain anything, also parentheses. Field 22 is the start time.
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos || end + 2 >= line.size()) return std::nullopt;
  ProcessFacts facts;
  facts.state = line[end + 2];
  std::size_t at = end + 2;
  for (int field = 3; field < 22; ++field) {
    at = line.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  std::from_chars(line.data() + at, line.data() + line.size(), facts.start);
  return facts;
}

bool is_alive(const ContainerState& state) {
  if (state.pid <= 0) return false;
  const auto facts = process_facts(state.pid);
  return facts && facts->start == state.pid_start && facts->state != 'Z' && facts->state != 'X';
}

std::string timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec);
}

}  // namespace baryon::host::oci
