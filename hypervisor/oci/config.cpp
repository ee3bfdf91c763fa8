#include "hypervisor/oci/config.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "hypervisor/support/format.hpp"

namespace baryon::host::oci {

namespace {

constexpr std::int64_t kMaxId = std::numeric_limits<std::uint32_t>::max() - 1;  // -1 is "no id"
constexpr std::array kNamespaceTypes = {"pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"};

Expected<std::uint32_t> id_member(const Node& node, std::string_view name) {
  return static_cast<std::uint32_t>(BARYON_TRY(node.integer_if(name, 0, kMaxId)).value_or(0));
}

Expected<User> parse_user(const Node& node) {
  User user;
  user.uid = BARYON_TRY(id_member(node, "uid"));
  user.gid = BARYON_TRY(id_member(node, "gid"));
  if (const auto umask = BARYON_TRY(node.integer_if("umask", 0, 0777))) user.umask = static_cast<std::uint32_t>(*umask);
  for (const Node& gid : BARYON_TRY(node.elements_or_none("additionalGids")))
    user.additional_gids.push_back(static_cast<std::uint32_t>(BARYON_TRY(gid.integer(0, kMaxId))));
  return user;
}

Expected<Rlimit> parse_rlimit(const Node& node) {
  Rlimit limit;
  limit.type = BARYON_TRY(BARYON_TRY(node.get("type")).string());
  if (!limit.type.starts_with("RLIMIT_")) return node.refuse("has a type that does not begin with RLIMIT_");
  limit.soft = BARYON_TRY(BARYON_TRY(node.get("soft")).natural());
  limit.hard = BARYON_TRY(BARYON_TRY(node.get("hard")).natural());
  if (limit.soft > limit.hard) return node.refuse("has a soft limit above the hard one");
  return limit;
}

Expected<Mount> parse_mount(const Node& node) {
  Mount mount;
  mount.destination = BARYON_TRY(BARYON_TRY(node.get("destination")).string());
  if (mount.destination.empty()) return node.refuse("has an empty destination");
  mount.type = BARYON_TRY(node.string_or("type"));
  mount.source = BARYON_TRY(node.string_or("source"));
  mount.options = BARYON_TRY(node.strings_or_none("options"));
  return mount;
}

Expected<std::vector<Hook>> parse_hook_list(const Node& node, std::string_view name) {
  std::vector<Hook> hooks;
  for (const Node& element : BARYON_TRY(node.elements_or_none(name))) {
    Hook hook;
    hook.path = BARYON_TRY(BARYON_TRY(element.get("path")).string());
    if (!hook.path.starts_with('/')) return element.refuse("has a 'path' that is not absolute");
    hook.args = BARYON_TRY(element.strings_or_none("args"));
    hook.env = BARYON_TRY(element.strings_or_none("env"));
    if (const auto seconds = BARYON_TRY(element.integer_if("timeout", 1, 86400)))
      hook.timeout_seconds = static_cast<int>(*seconds);
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

Expected<std::vector<IdMapping>> parse_mappings(const Node& node, std::string_view name) {
  std::vector<IdMapping> mappings;
  for (const Node& element : BARYON_TRY(node.elements_or_none(name)))
    mappings.push_back({.container_id = BARYON_TRY(id_member(element, "containerID")),
                        .host_id = BARYON_TRY(id_member(element, "hostID")),
                        .size = BARYON_TRY(id_member(element, "size"))});
  return mappings;
}

Expected<void> parse_linux(const Node& node, Config& config) {
  for (const Node& element : BARYON_TRY(node.elements_or_none("namespaces"))) {
    Namespace each;
    each.type = BARYON_TRY(BARYON_TRY(element.get("type")).string());
    each.path = BARYON_TRY(element.string_or("path"));
    if (std::ranges::find(kNamespaceTypes, each.type) == kNamespaceTypes.end())
      return element.refuse("has the unknown type '" + each.type + "'");
    if (config.find_namespace(each.type) != nullptr) return element.refuse("repeats the type '" + each.type + "'");
    if (!each.path.empty() && !each.path.starts_with('/')) return element.refuse("has a 'path' that is not absolute");
    config.namespaces.push_back(std::move(each));
  }
  config.uid_mappings = BARYON_TRY(parse_mappings(node, "uidMappings"));
  config.gid_mappings = BARYON_TRY(parse_mappings(node, "gidMappings"));
  config.cgroups_path = BARYON_TRY(node.string_or("cgroupsPath"));
  if (const auto resources = BARYON_TRY(node.find("resources")))
    config.resources = BARYON_TRY(parse_resources(*resources));
  config.masked_paths = BARYON_TRY(node.strings_or_none("maskedPaths"));
  config.read_only_paths = BARYON_TRY(node.strings_or_none("readonlyPaths"));
  if (const auto seccomp = BARYON_TRY(node.find("seccomp"))) config.seccomp = BARYON_TRY(parse_seccomp(*seccomp));
  return {};
}

// Members that ask for something that a sandbox does not have. Most are about the host's kernel, which the container
// does not share; whoever wrote them may rely on them all the same, and is told.
Expected<void> find_not_honoured(const Node& top, Config& config) {
  struct Member {
    std::string_view object, name;
  };
  constexpr Member kMembers[] = {
      {"linux", "devices"},      {"linux", "rootfsPropagation"}, {"linux", "mountLabel"},     {"linux", "intelRdt"},
      {"linux", "personality"},  {"process", "apparmorProfile"}, {"process", "selinuxLabel"}, {"process", "scheduler"},
      {"process", "ioPriority"}, {"process", "execCPUAffinity"}, {"linux", "uidMappings"},    {"linux", "gidMappings"},
      {"linux", "timeOffsets"}};
  for (const Member& member : kMembers) {
    const auto object = BARYON_TRY(top.find(member.object));
    const auto value = object ? BARYON_TRY(object->find(member.name)) : std::nullopt;
    if (value && !value->raw().empty() && value->raw() != "")
      config.not_honoured.push_back(fmt::format("{}.{}", member.object, member.name));
  }
  const auto linux_part = BARYON_TRY(top.find("linux"));
  const auto sysctl = linux_part ? BARYON_TRY(linux_part->find("sysctl")) : std::nullopt;
  if (sysctl)
    for (const auto& [name, value] : BARYON_TRY(sysctl->string_map()))
      if (name.starts_with("net.")) config.net_sysctls.emplace(name, value);
      else config.not_honoured.push_back("linux.sysctl " + name);
  return {};
}

}  // namespace

const Namespace* Config::find_namespace(std::string_view type) const {
  const auto found = std::ranges::find(namespaces, type, &Namespace::type);
  return found == namespaces.end() ? nullptr : &*found;
}

Expected<Process> parse_process(const Node& node) {
  Process process;
  process.terminal = BARYON_TRY(node.boolean_or("terminal", false));
  if (const auto size = BARYON_TRY(node.find("consoleSize"))) {
    process.console_height = static_cast<std::uint16_t>(BARYON_TRY(size->integer_if("height", 0, 65535)).value_or(0));
    process.console_width = static_cast<std::uint16_t>(BARYON_TRY(size->integer_if("width", 0, 65535)).value_or(0));
  }
  process.args = BARYON_TRY(node.strings_or_none("args"));
  if (process.args.empty()) return node.refuse("has no 'args'", "name the program to run");
  if (process.args[0].empty()) return node.refuse("has an empty program name in args[0]");
  process.env = BARYON_TRY(node.strings_or_none("env"));
  process.cwd = BARYON_TRY(BARYON_TRY(node.get("cwd")).string());
  if (!process.cwd.starts_with('/')) return node.refuse("has a 'cwd' that is not an absolute path");
  if (const auto user = BARYON_TRY(node.find("user"))) process.user = BARYON_TRY(parse_user(*user));
  for (const Node& limit : BARYON_TRY(node.elements_or_none("rlimits")))
    process.rlimits.push_back(BARYON_TRY(parse_rlimit(limit)));
  if (const auto sets = BARYON_TRY(node.find("capabilities"))) {
    Capabilities all;
    all.bounding = BARYON_TRY(sets->strings_or_none("bounding"));
    all.effective = BARYON_TRY(sets->strings_or_none("effective"));
    all.inheritable = BARYON_TRY(sets->strings_or_none("inheritable"));
    all.permitted = BARYON_TRY(sets->strings_or_none("permitted"));
    all.ambient = BARYON_TRY(sets->strings_or_none("ambient"));
    process.capabilities = std::move(all);
  }
  process.no_new_privileges = BARYON_TRY(node.boolean_or("noNewPrivileges", false));
  if (const auto score = BARYON_TRY(node.integer_if("oomScoreAdj", -1000, 1000)))
    process.oom_score_adj = static_cast<int>(*score);
  return process;
}

Expected<Hooks> parse_hooks(const Node& node) {
  Hooks hooks;
  hooks.prestart = BARYON_TRY(parse_hook_list(node, "prestart"));
  hooks.create_runtime = BARYON_TRY(parse_hook_list(node, "createRuntime"));
  hooks.create_container = BARYON_TRY(parse_hook_list(node, "createContainer"));
  hooks.start_container = BARYON_TRY(parse_hook_list(node, "startContainer"));
  hooks.poststart = BARYON_TRY(parse_hook_list(node, "poststart"));
  hooks.poststop = BARYON_TRY(parse_hook_list(node, "poststop"));
  return hooks;
}

Json hooks_to_json(const std::vector<Hook>& hooks) {
  Json list = Json::array();
  for (const Hook& hook : hooks) {
    Json each = {{"path", hook.path}, {"args", hook.args}, {"env", hook.env}};
    if (hook.timeout_seconds) each["timeout"] = *hook.timeout_seconds;
    list.push_back(std::move(each));
  }
  return list;
}

Expected<Resources> parse_resources(const Node& node) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Resources all;
  if (const auto memory = BARYON_TRY(node.find("memory"))) {
    all.memory_limit = BARYON_TRY(memory->integer_if("limit", -1, kMost));
    all.memory_reservation = BARYON_TRY(memory->integer_if("reservation", -1, kMost));
    all.memory_swap = BARYON_TRY(memory->integer_if("swap", -1, kMost));
  }
  if (const auto cpu = BARYON_TRY(node.find("cpu"))) {
    all.cpu_shares = BARYON_TRY(cpu->integer_if("shares", 0, kMost));
    all.cpu_quota = BARYON_TRY(cpu->integer_if("quota", -1, kMost));
    all.cpu_period = BARYON_TRY(cpu->integer_if("period", 0, 1'000'000));
    if (const auto cpus = BARYON_TRY(cpu->string_or("cpus")); !cpus.empty()) all.cpuset_cpus = cpus;
    if (const auto mems = BARYON_TRY(cpu->string_or("mems")); !mems.empty()) all.cpuset_mems = mems;
  }
  if (const auto pids = BARYON_TRY(node.find("pids")))
    all.pids_limit = BARYON_TRY(pids->integer_if("limit", -1, kMost));
  if (const auto block = BARYON_TRY(node.find("blockIO")))
    all.block_weight = BARYON_TRY(block->integer_if("weight", 0, 1000));
  if (const auto unified = BARYON_TRY(node.find("unified"))) {
    all.unified = BARYON_TRY(unified->string_map());
    for (const auto& [file, value] : all.unified)
      if (file.empty() || file.contains('/') || !file.contains('.'))
        return unified->refuse("names '" + file + "', which is no control file");
  }
  return all;
}

Expected<Config> parse_config(const Json& document, const std::string& source) {
  const Node top(document, source + ":");
  Config config;
  config.oci_version = BARYON_TRY(BARYON_TRY(top.get("ociVersion")).string());
  if (!config.oci_version.starts_with("1."))
    return top.refuse("is of version '" + config.oci_version + "' of the OCI runtime specification",
                      "this is a runtime for versions 1.x");
  const Node root = BARYON_TRY(top.get("root"));
  config.root_path = BARYON_TRY(BARYON_TRY(root.get("path")).string());
  if (config.root_path.empty()) return root.refuse("has an empty path");
  config.root_read_only = BARYON_TRY(root.boolean_or("readonly", false));
  config.process = BARYON_TRY(parse_process(BARYON_TRY(top.get("process"))));
  config.hostname = BARYON_TRY(top.string_or("hostname"));
  if (config.hostname.size() > 63) return top.refuse("has a hostname of more than 63 bytes");
  for (const Node& mount : BARYON_TRY(top.elements_or_none("mounts")))
    config.mounts.push_back(BARYON_TRY(parse_mount(mount)));
  if (const auto hooks = BARYON_TRY(top.find("hooks"))) config.hooks = BARYON_TRY(parse_hooks(*hooks));
  if (const auto annotations = BARYON_TRY(top.find("annotations")))
    config.annotations = BARYON_TRY(annotations->string_map());
  if (const auto linux_part = BARYON_TRY(top.find("linux"))) BARYON_TRY(parse_linux(*linux_part, config));
  BARYON_TRY(find_not_honoured(top, config));
  return config;
}

Expected<Config> load_config(const std::string& bundle) {
  auto document = load_json(bundle + "/config.json");
  if (!document) {
    Error error = std::move(document).error();
    if (error.hint.empty()) error.hint = "--bundle names a directory with config.json and a root file system";
    return std::unexpected(std::move(error));
  }
  return parse_config(*document, "config.json");
}

}  // namespace baryon::host::oci
