// File systems made of functions: procfs and sysfs describe their files by constant tables of nodes, and an inode
// is a node together with what it tells about (a process, a thread, a descriptor).
//
// A file's text is made when it is read from its start and then served from memory, so one pass of reads sees
// one state; reading from offset 0 again gives a new one (as Linux's seq_file does).
// Locking: inodes and nodes never change. An open file's text is guarded by its own mutex.
#pragma once

#include <span>

#include "kernel/base/string.hpp"
#include "kernel/fs/dentry.hpp"
#include "kernel/fs/simple_directory.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::fs::proc {

// What a node tells about. Nothing at all for files about the system.
struct Subject {
  Ref<sched::Process> process = {};
  u32 tid = 0;          // below /proc/<pid>: the pid; below task/<tid>: the thread
  bool thread = false;  // below task/<tid>
  u32 index = 0;        // descriptor of fd/<n>, number of cpu<n>

  // The thread, or the process's first one. Null once it has exited.
  Ref<sched::Task> task() const;
};

class NodeInode;

// Names that come and go.
struct DynamicNames {
  Result<Ref<Inode>> (*lookup)(const NodeInode& directory, std::string_view name);
  // Entries after `cookie`; cookies from kFirst on.
  Result<void> (*list)(const NodeInode& directory, u64 cookie, DirectorySink& sink);
  static constexpr u64 kFirst = 1024;
};

struct Node {
  const char* name;
  u32 mode;  // type and permissions
  // A regular file's contents, or a symbolic link's text. May block. Appends to the string.
  Result<void> (*text)(const Subject& subject, String& out) = nullptr;
  // write(2) to a regular file: the bytes of one call.
  Result<void> (*store)(const Subject& subject, std::string_view bytes) = nullptr;
  // A link that leads to an object and not to a path.
  Result<Ref<Dentry>> (*follow)(const Subject& subject) = nullptr;
  std::span<const Node> children = {};
  const DynamicNames* names = nullptr;
};

constexpr Node file(const char* name, Result<void> (*text)(const Subject&, String&), u32 mode = 0444) {
  return {.name = name, .mode = kRegular | mode, .text = text};
}
constexpr Node writable_file(const char* name, Result<void> (*text)(const Subject&, String&),
                             Result<void> (*store)(const Subject&, std::string_view)) {
  return {.name = name, .mode = kRegular | 0644, .text = text, .store = store};
}
constexpr Node directory(const char* name, std::span<const Node> children, const DynamicNames* names = nullptr,
                         u32 mode = 0555) {
  return {.name = name, .mode = kDirectoryType | mode, .children = children, .names = names};
}
constexpr Node link(const char* name, Result<void> (*text)(const Subject&, String&),
                    Result<Ref<Dentry>> (*follow)(const Subject&) = nullptr) {
  return {.name = name, .mode = kSymlink | 0777, .text = text, .follow = follow};
}

class NodeFs final : public FileSystem {
 public:
  NodeFs(const char* type, u64 magic, bool read_only) : FileSystem(type, read_only), magic_(magic) {}
  Result<void> statfs(Dentry& where, abi::FileSystemStat& out) override;

 private:
  const u64 magic_;  // statfs(2)'s f_type
};

class NodeInode final : public ListedInode {
 public:
  // `node` outlives everything.
  static Result<Ref<Inode>> make(FileSystem& fs, const Node& node, Subject subject);
  NodeInode(FileSystem& fs, const Node& node, Subject subject, u64 number)
      : ListedInode(fs, node.mode, number), node_(node), subject_(std::move(subject)) {}

  const Node& node() const { return node_; }
  const Subject& subject() const { return subject_; }

  bool same(const Inode& other) const override;
  Result<void> stat(Dentry& self, abi::FileStat& out) override;
  Result<Ref<File>> open(Dentry& self, u32 flags) override;
  Result<Ref<Inode>> lookup(Dentry& self, std::string_view name) override;
  Result<void> list(u64 cookie, DirectorySink& sink) override;
  Result<void> read_link(Dentry& self, String& out) override;
  Result<Ref<Dentry>> magic_link() override;
  sched::Process* shown_process() override;
  // open(2)'s O_TRUNC: there is nothing to cut off.
  Result<void> truncate(Dentry& self, u64 size) override;

 private:
  const Node& node_;
  const Subject subject_;
};

// The number that stat and getdents64 show for a node.
u64 node_number(const Node& node, const Subject& subject);
// A decimal name without leading zeros, as /proc's directories have. ENOENT.
Result<u32> parse_number(std::string_view name);
// A dynamic directory entry "<prefix><number>". False when the sink is full.
bool list_number(DirectorySink& sink, const char* prefix, u32 number, u64 inode, u32 mode);

}  // namespace baryon::fs::proc
