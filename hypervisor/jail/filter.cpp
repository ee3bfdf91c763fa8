#include "hypervisor/jail/filter.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "host/audit.hpp"

namespace baryon::host::jail {

namespace {

constexpr std::uint32_t kDeny = SECCOMP_RET_ERRNO | EPERM;

sock_filter statement(int code, std::uint32_t k) { return {static_cast<std::uint16_t>(code), 0, 0, k}; }
sock_filter jump(int code, std::uint32_t k, std::size_t if_true, std::size_t if_false) {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false), k};
}
sock_filter answer(std::uint32_t value) { return statement(BPF_RET | BPF_K, value); }
// Low words come first on the architectures that there are.
std::uint32_t low_word_of(int argument) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * static_cast<std::size_t>(argument));
}

// From `first` on, until the next boundary, this is what happens.
struct Boundary {
  std::uint32_t first;
  const Rule* rule;  // nullptr: denied
};

std::vector<Boundary> boundaries_of(std::span<const Rule> rules) {
  std::vector<const Rule*> sorted;
  for (const Rule& rule : rules) sorted.push_back(&rule);
  std::ranges::stable_sort(sorted, {}, &Rule::number);
  const auto plain = [](const Rule* rule) { return rule->argument < 0 && rule->error == 0; };
  std::vector<Boundary> all = {{0, nullptr}};
  for (const Rule* const rule : sorted) {
    const auto number = static_cast<std::uint32_t>(rule->number);
    const Boundary before = all.back();
    if (before.first == number) {
      // Follows its neighbour: allowed runs become one range.
      const Boundary* const earlier = all.size() > 1 ? &all[all.size() - 2] : nullptr;
      if (earlier != nullptr && earlier->rule != nullptr && plain(earlier->rule) && plain(rule)) all.pop_back();
      else all.back().rule = rule;
    } else if (before.first < number) {
      all.push_back({number, rule});
    } else {
      continue;  // named twice: the first counts
    }
    all.push_back({number + 1, nullptr});
  }
  return all;
}

void emit_rule(std::vector<sock_filter>& out, const Rule* rule) {
  if (rule == nullptr) return out.push_back(answer(kDeny));
  if (rule->error != 0) return out.push_back(answer(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(rule->error)));
  if (rule->argument >= 0) {
    out.push_back(statement(BPF_LD | BPF_W | BPF_ABS, low_word_of(rule->argument)));
    if (rule->clear != 0) {
      out.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, rule->clear, 0, 1));
      out.push_back(answer(kDeny));
      if (rule->set != 0) {
        out.push_back(jump(BPF_JMP | BPF_JSET | BPF_K, rule->set, 1, 0));
        out.push_back(answer(kDeny));
      }
    } else {
      for (std::size_t i = 0; i < rule->values.size(); ++i)
        out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, rule->values[i], rule->values.size() - i, 0));
      out.push_back(answer(kDeny));
    }
  }
  out.push_back(answer(SECCOMP_RET_ALLOW));
}

void emit_search(std::vector<sock_filter>& out, std::span<const Boundary> range) {
  if (range.size() == 1) return emit_rule(out, range[0].rule);
  const std::size_t middle = range.size() / 2;
  std::vector<sock_filter> below;
  emit_search(below, range.first(middle));
  // Conditional jumps reach 255 instructions, BPF_JA any number.
  if (below.size() <= 255) {
    out.push_back(jump(BPF_JMP | BPF_JGE | BPF_K, range[middle].first, below.size(), 0));
  } else {
    out.push_back(jump(BPF_JMP | BPF_JGE | BPF_K, range[middle].first, 0, 1));
    out.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(below.size())));
  }
  out.insert(out.end(), below.begin(), below.end());
  emit_search(out, range.subspan(middle));
}

}  // namespace

std::vector<sock_filter> compile(std::span<const Rule> rules) {
  std::vector<sock_filter> out;
  out.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, kAuditArchitecture, 1, 0));
  out.push_back(answer(SECCOMP_RET_KILL_PROCESS));
  out.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  emit_search(out, boundaries_of(rules));
  return out;
}

Expected<void> install(std::span<const sock_filter> program) {
  const sock_fprog description = {static_cast<unsigned short>(program.size()),
                                  const_cast<sock_filter*>(program.data())};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &description) != 0)
    return fail_errno("cannot install a seccomp filter", errno, "the host's kernel needs CONFIG_SECCOMP_FILTER");
  return {};
}

std::uint32_t evaluate(std::span<const sock_filter> program, std::uint32_t architecture, std::uint32_t number,
                       std::span<const std::uint64_t> arguments) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = architecture;
  for (std::size_t i = 0; i < arguments.size() && i < 6; ++i) data.args[i] = arguments[i];
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& instruction = program[at];
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator, reinterpret_cast<const std::byte*>(&data) + instruction.k, sizeof accumulator);
        break;
      case BPF_JMP | BPF_JA: at += instruction.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += accumulator == instruction.k ? instruction.jt : instruction.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += accumulator >= instruction.k ? instruction.jt : instruction.jf; break;
      case BPF_JMP | BPF_JGT | BPF_K: at += accumulator > instruction.k ? instruction.jt : instruction.jf; break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (accumulator & instruction.k) != 0 ? instruction.jt : instruction.jf;
        break;
      case BPF_RET | BPF_K: return instruction.k;
      default: return SECCOMP_RET_KILL_PROCESS;
    }
  }
  return SECCOMP_RET_KILL_PROCESS;
}

}  // namespace baryon::host::jail
