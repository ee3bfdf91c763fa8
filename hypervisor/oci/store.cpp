#include "hypervisor/oci/store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/file.hpp"
#include "hypervisor/oci/start_gate.hpp"
#include "hypervisor/support/format.hpp"
#include "hypervisor/support/log.hpp"

namespace baryon::host::oci {

namespace {

constexpr std::size_t kLongestId = 200;  // a file name, with room for prefixes
constexpr const char* kWork = ".work";

Expected<void> make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0711) != 0 && errno != EEXIST)
      return fail_errno("cannot create " + part + " for the state of containers", errno, "choose another with --root");
    if (slash == std::string::npos) return {};
  }
}

bool same_directory(int descriptor, const std::string& path) {
  struct stat held{};
  struct stat named{};
  return ::fstat(descriptor, &held) == 0 && ::lstat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

Expected<ContainerState> load_state(const std::string& entry) {
  const std::string path = entry + "/" + kStateFile;
  const Json document = BARYON_TRY(load_json(path));
  return state_from_json(document, path);
}

// One level deep, which is all that an entry has.
void remove_directory(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
  if (listing)
    while (const dirent* const found = ::readdir(listing.get()))
      if (found->d_type != DT_DIR) ::unlinkat(::dirfd(listing.get()), found->d_name, 0);
  ::rmdir(path.c_str());
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

Expected<void> check_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '.';
  };
  if (id.empty() || id.size() > kLongestId || id.front() == '.' || !std::ranges::all_of(id, allowed))
    return fail(fmt::format("'{}' is not a container id", id.substr(0, 80)),
                "use letters, digits and _ + - . (not first), at most 200");
  return {};
}

std::unexpected<Error> does_not_exist(const std::string& id) {
  return fail(fmt::format("container {} does not exist", id),
              "baryon list shows those that do (--root names the directory)");
}

Expected<void> Entry::save(const ContainerState& state) const {
  return replace_file(file(kStateFile), to_json(state).dump());
}

void Entry::remove() {
  // First out of sight, so that nobody finds an entry without its state.
  const std::size_t slash = path_.rfind('/');
  const std::string hidden =
      fmt::format("{}/{}/gone-{}-{}", path_.substr(0, slash), kWork, ::getpid(), path_.substr(slash + 1));
  if (::rename(path_.c_str(), hidden.c_str()) == 0) path_ = hidden;
  remove_directory(path_);
}

Expected<Entry> Store::make_unnamed() const {
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::string path = fmt::format("{}/{}/new-XXXXXX", root_, kWork);
    if (::mkdtemp(path.data()) == nullptr)
      return fail_errno("cannot create a directory in " + root_, errno, "choose another with --root");
    UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Between the two calls it may have been swept.
    if (directory.valid() && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0 && same_directory(directory.get(), path))
      return Entry(path, std::move(directory));
  }
  return fail("cannot lock a directory in " + root_);
}

void Store::sweep() const {
  const std::string work = fmt::format("{}/{}", root_, kWork);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(work.c_str()), ::closedir);
  if (!listing) return;
  while (const dirent* const found = ::readdir(listing.get())) {
    if (found->d_name[0] == '.') continue;
    const std::string path = work + "/" + found->d_name;
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (directory.valid() && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0) remove_directory(path);
  }
}

Expected<Entry> Store::create(const std::string& id) const {
  BARYON_TRY(check_id(id));
  BARYON_TRY(make_directories(fmt::format("{}/{}", root_, kWork)));
  sweep();
  Entry entry = BARYON_TRY(make_unnamed());
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::renameat2(AT_FDCWD, entry.path().c_str(), AT_FDCWD, path_of(id).c_str(), RENAME_NOREPLACE) == 0) {
      entry.rename_to(path_of(id));
      return entry;
    }
    const int error = errno;
    if (error == EEXIST && recover(id)) continue;
    ::rmdir(entry.path().c_str());
    if (error == EEXIST)
      return fail(fmt::format("container with id exists: {}", id), "choose another, or delete that one first");
    return fail_errno("cannot create " + path_of(id), error);
  }
  ::rmdir(entry.path().c_str());
  return fail(fmt::format("container with id exists: {}", id));
}

Expected<std::optional<Entry>> Store::try_lock(const std::string& id, bool wait) const {
  const std::string path = path_of(id);
  for (;;) {
    UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!directory.valid()) return errno == ENOENT ? does_not_exist(id) : fail_errno("cannot open " + path, errno);
    while (::flock(directory.get(), LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      if (errno != EINTR) return fail_errno("cannot lock " + path, errno);
    }
    // While we waited it may have been removed, and even made again.
    if (same_directory(directory.get(), path)) return Entry(path, std::move(directory));
  }
}

bool Store::recover(const std::string& id) const {
  auto locked = try_lock(id, /*wait=*/false);
  if (!locked || !*locked) return false;
  Entry& entry = **locked;
  const auto state = load_state(entry.path());
  if (state && state->pid != 0) return false;
  log::warn("removing what a creator of container {} left when it died", id);
  if (state) remove_cgroups(state->cgroups);
  entry.remove();
  return true;
}

Expected<Entry> Store::lock(const std::string& id) const {
  BARYON_TRY(check_id(id));
  if (!exists(path_of(id))) return does_not_exist(id);
  if (recover(id)) return does_not_exist(id);
  auto entry = BARYON_TRY(try_lock(id, /*wait=*/true));
  if (!entry) return fail("cannot lock " + path_of(id));
  return std::move(*entry);
}

Expected<ContainerState> Store::load(const std::string& id) const {
  BARYON_TRY(check_id(id));
  const std::string path = path_of(id);
  if (!exists(path)) return does_not_exist(id);
  auto state = load_state(path);
  if (state && state->pid != 0) return state;
  if (recover(id) || !exists(path)) return does_not_exist(id);
  // Its creator is at work.
  if (state) return state;
  ContainerState early;
  early.id = id;
  return early;
}

Expected<std::vector<std::string>> Store::ids() const {
  std::vector<std::string> all;
  sweep();
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(root_.c_str()), ::closedir);
  if (!listing) {
    if (errno == ENOENT) return all;
    return fail_errno("cannot list " + root_, errno);
  }
  while (const dirent* const entry = ::readdir(listing.get()))
    if (check_id(entry->d_name)) all.emplace_back(entry->d_name);
  std::ranges::sort(all);
  return all;
}

Status status_of(const ContainerState& state, const std::string& entry) {
  if (state.pid == 0) return Status::creating;
  if (!is_alive(state)) return Status::stopped;
  if (is_frozen(state)) return Status::paused;
  return StartGate::is_waiting(entry + "/" + kExecFifo) ? Status::created : Status::running;
}

}  // namespace baryon::host::oci
