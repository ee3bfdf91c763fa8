#include "hypervisor/oci/query.hpp"

#include <time.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>

#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::oci {

namespace {

// /etc/passwd read directly: a static binary has no NSS.
std::string user_name(std::uint32_t uid) {
  const std::string text = read_file("/etc/passwd").value_or("");
  const std::string wanted = fmt::format(":{}:", uid);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    const std::size_t name = line.find(':');
    const std::size_t password = name == std::string_view::npos ? name : line.find(':', name + 1);
    if (password != std::string_view::npos && line.substr(password).starts_with(wanted))
      return std::string(line.substr(0, name));
    at = end + 1;
  }
  return fmt::format("#{}", uid);
}

Json described(const ContainerState& state, Status status) {
  Json json = specified_state(state, status);
  json["owner"] = user_name(state.owner_uid);
  return json;
}

std::string table(const std::vector<Json>& rows) {
  constexpr const char* kTitles[] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
  constexpr const char* kFields[] = {"id", "pid", "status", "bundle", "created", "owner"};
  std::vector<std::vector<std::string>> cells;
  cells.emplace_back(std::begin(kTitles), std::end(kTitles));
  for (const Json& row : rows) {
    auto& line = cells.emplace_back();
    for (const char* const field : kFields)
      line.push_back(row[field].is_string() ? row[field].get<std::string>() : row[field].dump());
  }
  std::string out;
  for (const auto& line : cells) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      std::size_t width = 0;
      for (const auto& other : cells) width = std::max(width, other[column].size());
      out += column + 1 == line.size() ? line[column]
                                       : fmt::format("{:<{}}", line[column], std::max<std::size_t>(width, 9) + 3);
    }
    out += '\n';
  }
  return out;
}

std::vector<pid_t> processes_of(const ContainerState& state) {
  std::vector<pid_t> pids = cgroup_processes(state.cgroups);
  if (pids.empty() && is_alive(state)) pids.push_back(state.pid);
  std::ranges::sort(pids);
  return pids;
}

std::string shell_quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Expected<std::string> output_of_ps(const std::vector<std::string>& arguments) {
  std::string command = "ps";
  for (const std::string& argument : arguments.empty() ? std::vector<std::string>{"-ef"} : arguments)
    command += " " + shell_quoted(argument);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  if (!pipe) return fail_errno("cannot run ps", errno);
  std::string text;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe.get())) text.append(buffer, got);
  if (text.empty()) return fail("ps printed nothing", "install procps, or use --format json");
  return text;
}

// The lines of ps whose PID column names one of `pids`.
Expected<std::string> filter_ps(const std::string& text, const std::vector<pid_t>& pids) {
  const std::string title = text.substr(0, text.find('\n'));
  std::size_t column = 0;
  bool found = false;
  for (std::size_t at = 0; at < title.size() && !found;) {
    const std::size_t begin = title.find_first_not_of(' ', at);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(title.find(' ', begin), title.size());
    if (title.substr(begin, end - begin) == "PID") found = true;
    else ++column;
    at = end;
  }
  if (!found) return fail("ps prints no column PID", "give it options that show it");
  std::string out = title + "\n";
  for (std::size_t at = title.size() + 1; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    std::size_t begin = line.find_first_not_of(' ');
    for (std::size_t n = 0; n < column && begin != std::string::npos; ++n)
      begin = line.find_first_not_of(' ', line.find(' ', begin));
    if (begin == std::string::npos) continue;
    pid_t pid = 0;
    std::from_chars(line.data() + begin, line.data() + line.size(), pid);
    if (std::ranges::find(pids, pid) != pids.end()) out += line + "\n";
  }
  return out;
}

std::uint64_t number_in(const std::string& text, std::string_view key = {}) {
  std::size_t at = 0;
  if (!key.empty()) {
    at = text.find(key);
    if (at == std::string::npos) return 0;
    at += key.size() + 1;
  }
  std::uint64_t value = 0;
  if (text.substr(at).starts_with("max")) return ~std::uint64_t{0};
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

// The first group that has the file.
std::string control(const ContainerState& state, const std::string& file) {
  for (const std::string& directory : state.cgroups)
    if (std::string text = read_line(directory + "/" + file); !text.empty()) return text;
  return {};
}

std::uint64_t either(const ContainerState& state, const std::string& legacy, const std::string& unified) {
  const std::string text = control(state, legacy);
  return number_in(text.empty() ? control(state, unified) : text);
}

}  // namespace

Expected<std::string> describe_state(const Store& store, const std::string& id) {
  const ContainerState state = BARYON_TRY(store.load(id));
  return described(state, status_of(state, store.path_of(id))).dump(2) + "\n";
}

Expected<std::string> describe_all(const Store& store, ListForm form) {
  std::vector<Json> rows;
  std::string names;
  for (const std::string& id : BARYON_TRY(store.ids())) {
    const auto state = store.load(id);
    if (!state) continue;  // removed meanwhile, or a dead creator's
    names += id + "\n";
    if (form != ListForm::ids) rows.push_back(described(*state, status_of(*state, store.path_of(id))));
  }
  if (form == ListForm::ids) return names;
  if (form == ListForm::json) return (rows.empty() ? Json(nullptr) : Json(rows)).dump() + "\n";
  return table(rows);
}

Expected<std::string> describe_processes(const Store& store, const std::string& id, bool json,
                                         const std::vector<std::string>& arguments) {
  const std::vector<pid_t> pids = processes_of(BARYON_TRY(store.load(id)));
  if (json) return Json(pids).dump() + "\n";
  return filter_ps(BARYON_TRY(output_of_ps(arguments)), pids);
}

Expected<std::string> describe_stats(const Store& store, const std::string& id) {
  const ContainerState state = BARYON_TRY(store.load(id));
  if (status_of(state, store.path_of(id)) == Status::stopped) return fail("container " + id + " is not running");
  std::uint64_t total = number_in(control(state, "cpuacct.usage"));
  if (total == 0) total = number_in(control(state, "cpu.stat"), "usage_usec") * 1000;
  const Json data = {
      {"cpu", {{"usage", {{"total", total}, {"kernel", 0}, {"user", total}}}, {"throttling", Json::object()}}},
      {"memory",
       {{"usage",
         {{"usage", either(state, "memory.usage_in_bytes", "memory.current")},
          {"max", either(state, "memory.max_usage_in_bytes", "memory.peak")},
          {"limit", either(state, "memory.limit_in_bytes", "memory.max")},
          {"failcnt", number_in(control(state, "memory.failcnt"))}}},
        {"raw", Json::object()}}},
      {"pids",
       {{"current", number_in(control(state, "pids.current"))}, {"limit", number_in(control(state, "pids.max"))}}},
      {"blkio", Json::object()},
      {"hugetlb", Json::object()}};
  return Json{{"type", "stats"}, {"id", id}, {"data", data}}.dump() + "\n";
}

Expected<void> watch_stats(const Store& store, const std::string& id, std::uint64_t interval_ms) {
  for (;;) {
    const auto line = describe_stats(store, id);
    if (!line) {
      const auto state = store.load(id);
      if (!state || !is_alive(*state)) return {};
      return std::unexpected(line.error());
    }
    std::fputs(line->c_str(), stdout);
    if (std::fflush(stdout) != 0) return fail_errno("cannot write to stdout", errno);
    const timespec pause{.tv_sec = static_cast<time_t>(interval_ms / 1000),
                         .tv_nsec = static_cast<long>(interval_ms % 1000 * 1'000'000)};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace baryon::host::oci
