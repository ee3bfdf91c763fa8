#include "kernel/syscall/program_image.hpp"

#include <algorithm>

namespace baryon::syscall {
namespace {

constexpr u32 kMaxScripts = 5;    // interpreters that are scripts themselves
constexpr u64 kScriptLine = 256;  // BINPRM_BUF_SIZE: what of the first line counts

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// False: no script.
Result<bool> follow_script(ProgramImage& image, const fs::Place& place, const sched::Credentials& who) {
  char line[kScriptLine];
  const u64 got = TRY(image.file->read_at(0, {reinterpret_cast<u8*>(line), sizeof line}));
  if (got < 2 || line[0] != '#' || line[1] != '!') return false;
  std::string_view text(line + 2, got - 2);
  const std::size_t end = text.find('\n');
  // A line that does not end within the buffer must at least show the whole interpreter's name.
  const bool cut = end == std::string_view::npos && got == sizeof line;
  text = text.substr(0, std::min(end, text.find('\0')));
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (!cut)
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::size_t name = 0;
  while (name < text.size() && !is_blank(text[name])) ++name;
  if (name == 0 || (cut && name == text.size())) return Errno::noexec;
  const std::string_view interpreter = text.substr(0, name);
  std::string_view argument = text.substr(name);
  while (!argument.empty() && is_blank(argument.front())) argument.remove_prefix(1);

  const std::string_view with_argument[] = {interpreter, argument, image.path.view()};
  const std::string_view without[] = {interpreter, image.path.view()};
  if (image.arguments.count() == 0) TRY(image.arguments.append(""));
  TRY(image.arguments.replace_first(argument.empty() ? std::span<const std::string_view>(without)
                                                     : std::span<const std::string_view>(with_argument)));
  const char* reason = "";
  image.file = TRY(open_program(place, interpreter, fs::kWalkFollow, who, reason));
  image.path = TRY(String::copy(interpreter));
  return true;
}

}  // namespace

Result<void> follow_scripts(ProgramImage& image, const fs::Place& place, const sched::Credentials& who) {
  for (u32 scripts = 0; TRY(follow_script(image, place, who));)
    if (++scripts > kMaxScripts) return Errno::loop;
  return {};
}

}  // namespace baryon::syscall
