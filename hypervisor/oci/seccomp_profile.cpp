#include "hypervisor/oci/seccomp_profile.hpp"

#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/format.hpp"
#include "kernel/abi/program.hpp"

namespace baryon::host::oci {

namespace {

constexpr std::int64_t kMaxErrno = 4095;

Expected<std::uint32_t> parse_action(const Node& node, std::string_view name, std::string_view errno_name) {
  const std::string action = BARYON_TRY(BARYON_TRY(node.get(name)).string());
  const auto number = static_cast<std::uint32_t>(BARYON_TRY(node.integer_if(errno_name, 0, kMaxErrno)).value_or(EPERM));
  if (action == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (action == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(number);
  if (action == "SCMP_ACT_KILL" || action == "SCMP_ACT_KILL_THREAD") return SCMP_ACT_KILL_THREAD;
  if (action == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (action == "SCMP_ACT_TRAP") return SCMP_ACT_TRAP;
  if (action == "SCMP_ACT_TRACE") return SCMP_ACT_TRACE(number);
  if (action == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  if (action == "SCMP_ACT_NOTIFY")
    return node.refuse("has the action SCMP_ACT_NOTIFY", "no process of the host can decide about a sandbox's calls");
  return node.refuse("has the unknown action '" + action.substr(0, 80) + "'");
}

Expected<int> parse_comparison(const Node& node) {
  constexpr std::pair<std::string_view, int> kAll[] = {{"SCMP_CMP_NE", SCMP_CMP_NE},
                                                       {"SCMP_CMP_LT", SCMP_CMP_LT},
                                                       {"SCMP_CMP_LE", SCMP_CMP_LE},
                                                       {"SCMP_CMP_EQ", SCMP_CMP_EQ},
                                                       {"SCMP_CMP_GE", SCMP_CMP_GE},
                                                       {"SCMP_CMP_GT", SCMP_CMP_GT},
                                                       {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  const std::string name = BARYON_TRY(BARYON_TRY(node.get("op")).string());
  const auto* const found = std::ranges::find(kAll, std::string_view(name), &std::pair<std::string_view, int>::first);
  if (found == std::end(kAll)) return node.refuse("has the unknown comparison '" + name.substr(0, 80) + "'");
  return found->second;
}

Expected<SeccompArgument> parse_argument(const Node& node) {
  SeccompArgument argument;
  argument.index = static_cast<unsigned>(BARYON_TRY(BARYON_TRY(node.get("index")).integer(0, 5)));
  argument.value = BARYON_TRY(BARYON_TRY(node.get("value")).natural());
  if (const auto second = BARYON_TRY(node.find("valueTwo"))) argument.value_two = BARYON_TRY(second->natural());
  argument.comparison = BARYON_TRY(parse_comparison(node));
  return argument;
}

using Filter = std::unique_ptr<void, decltype(&::seccomp_release)>;

Expected<void> add(const Filter& filter, std::uint32_t action, int number,
                   const std::vector<SeccompArgument>& arguments) {
  std::vector<scmp_arg_cmp> comparisons;
  for (const SeccompArgument& each : arguments)
    comparisons.push_back({.arg = each.index,
                           .op = static_cast<scmp_compare>(each.comparison),
                           .datum_a = each.value,
                           .datum_b = each.value_two});
  const int result = ::seccomp_rule_add_array(filter.get(), action, number, static_cast<unsigned>(comparisons.size()),
                                              comparisons.data());
  // As runc: what is there already is no error.
  if (result != 0 && result != -EEXIST)
    return fail_errno(fmt::format("config.json: linux.seccomp: a rule for system call {} cannot be made", number),
                      -result);
  return {};
}

// libseccomp adds up a rule's comparisons with "and", and allows one for each argument; runc takes several for the same
// argument as alternatives.
Expected<void> add_rule(const Filter& filter, const SeccompRule& rule, int number) {
  std::uint32_t seen = 0;
  bool repeated = false;
  for (const SeccompArgument& each : rule.arguments) {
    repeated |= (seen >> each.index & 1) != 0;
    seen |= 1u << each.index;
  }
  if (!repeated) return add(filter, rule.action, number, rule.arguments);
  for (const SeccompArgument& each : rule.arguments) BARYON_TRY(add(filter, rule.action, number, {each}));
  return {};
}

Expected<std::vector<std::uint64_t>> exported(const Filter& filter) {
  const UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!file.valid()) return fail_errno("cannot create a memory file", errno);
  if (const int result = ::seccomp_export_bpf(filter.get(), file.get()); result != 0)
    return fail_errno("config.json: linux.seccomp cannot be compiled", -result);
  const off_t bytes = ::lseek(file.get(), 0, SEEK_END);
  std::vector<std::uint64_t> program(static_cast<std::size_t>(bytes) / abi::kFilterInstructionSize);
  if (::pread(file.get(), program.data(), static_cast<std::size_t>(bytes), 0) != bytes)
    return fail_errno("cannot read a memory file", errno);
  return program;
}

// In front of the program: calls above `highest` fail with ENOSYS. Those of other conventions are the program's
// business.
void refuse_unknown(std::vector<std::uint64_t>& program, std::uint32_t highest) {
  const sock_filter head[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, highest, 0, 1),
                              BPF_STMT(BPF_RET | BPF_K, SCMP_ACT_ERRNO(ENOSYS))};
  static_assert(sizeof head[0] == sizeof program[0]);
  std::uint64_t words[std::size(head)];
  std::memcpy(words, head, sizeof words);
  program.insert(program.begin(), std::begin(words), std::end(words));
}

bool lets_through(std::uint32_t action) { return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG; }

}  // namespace

Expected<SeccompProfile> parse_seccomp(const Node& node) {
  SeccompProfile profile;
  profile.default_action = BARYON_TRY(parse_action(node, "defaultAction", "defaultErrnoRet"));
  for (const Node& element : BARYON_TRY(node.elements_or_none("syscalls"))) {
    SeccompRule rule;
    rule.names = BARYON_TRY(element.strings_or_none("names"));
    rule.action = BARYON_TRY(parse_action(element, "action", "errnoRet"));
    for (const Node& argument : BARYON_TRY(element.elements_or_none("args")))
      rule.arguments.push_back(BARYON_TRY(parse_argument(argument)));
    profile.rules.push_back(std::move(rule));
  }
  return profile;
}

Expected<std::vector<std::uint64_t>> compile_seccomp(const SeccompProfile& profile, Arch arch) {
  const std::uint32_t token = arch == Arch::x86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
  const Filter filter(::seccomp_init(profile.default_action), &::seccomp_release);
  if (!filter) return fail("config.json: linux.seccomp: the default action cannot be used");
  if (const std::uint32_t native = ::seccomp_arch_native(); native != token) {
    ::seccomp_arch_add(filter.get(), token);
    ::seccomp_arch_remove(filter.get(), native);
  }
  // A binary search over the numbers instead of one comparison after the other.
  static_cast<void>(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  int highest = 0;
  for (const SeccompRule& rule : profile.rules)
    for (const std::string& name : rule.names) {
      const int number = ::seccomp_syscall_resolve_name_arch(token, name.c_str());
      if (number < 0) continue;  // unknown, or another architecture's
      highest = std::max(highest, number);
      // Rules take this machine's numbers, or pseudo-numbers, and libseccomp translates (seccomp_rule_add(3), NOTES).
      const int native = ::seccomp_syscall_resolve_name(name.c_str());
      if (rule.action != profile.default_action) BARYON_TRY(add_rule(filter, rule, native));
    }
  std::vector<std::uint64_t> program = BARYON_TRY(exported(filter));
  if (highest != 0 && !lets_through(profile.default_action))
    refuse_unknown(program, static_cast<std::uint32_t>(highest));
  if (program.size() > abi::kMaxFilterInstructions)
    return fail(
        fmt::format("config.json: linux.seccomp: {} instructions are more than a filter can have", program.size()));
  return program;
}

}  // namespace baryon::host::oci
