// The directory of all containers: ROOT/<id>/ with state.json and exec.fifo.
//
// Life of an entry, so that a crash at any moment leaves something the next command can judge:
//   ROOT/.work/new-XXXXXX is made, locked (flock on the directory) and renamed to ROOT/<id>: nobody ever sees an entry
//   whose creator does not hold the lock. state.json appears before the host process exists, naming the cgroups to be
//   made. An entry that nobody has locked and whose state.json lacks a committed process was left by a creator that
//   died: open() removes it with all that belongs to it.
// An entry is removed by whoever holds its lock, by way of ROOT/.work/gone-…; holders check that the name still leads
// to the directory they locked. What lies in .work without a lock is swept by the next create or list.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/oci/state.hpp"

namespace baryon::host::oci {

inline constexpr const char* kStateFile = "state.json";
inline constexpr const char* kExecFifo = "exec.fifo";

// runc's rule for names; refused ones cannot be path components or hidden files.
[[nodiscard]] Expected<void> check_id(std::string_view id);

// Exclusive use of one entry. The lock ends with the object, or with the process.
class Entry {
 public:
  Entry(std::string path, UniqueFd directory) : path_(std::move(path)), directory_(std::move(directory)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return directory_.get(); }
  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

  [[nodiscard]] Expected<void> save(const ContainerState& state) const;
  // Removes the directory and what is in it. Does not touch processes or cgroups.
  void remove();
  void rename_to(std::string path) { path_ = std::move(path); }
  // Ends the exclusive use early; save() and remove() must not follow.
  void unlock() { directory_.reset(); }

 private:
  std::string path_;
  UniqueFd directory_;
};

class Store {
 public:
  explicit Store(std::string root) : root_(std::move(root)) {}

  // A new, locked entry. Refused when `id` exists; what a dead creator left under it is removed first.
  [[nodiscard]] Expected<Entry> create(const std::string& id) const;

  // Locks an entry, waiting for whoever has it. Error "container … does not exist".
  [[nodiscard]] Expected<Entry> lock(const std::string& id) const;

  // The state without a lock, for queries; leftovers of dead creators are removed and do not exist.
  [[nodiscard]] Expected<ContainerState> load(const std::string& id) const;

  [[nodiscard]] Expected<std::vector<std::string>> ids() const;

  [[nodiscard]] std::string path_of(const std::string& id) const { return root_ + "/" + id; }

 private:
  // Locks without waiting if `wait` is false; nullopt when another process has the lock.
  [[nodiscard]] Expected<std::optional<Entry>> try_lock(const std::string& id, bool wait) const;
  // Removes the entry when its creator died. True when it did.
  [[nodiscard]] bool recover(const std::string& id) const;
  void sweep() const;
  [[nodiscard]] Expected<Entry> make_unnamed() const;

  std::string root_;
};

[[nodiscard]] std::unexpected<Error> does_not_exist(const std::string& id);

// Asks the kernel. `entry`: the container's directory.
[[nodiscard]] Status status_of(const ContainerState& state, const std::string& entry);

}  // namespace baryon::host::oci
