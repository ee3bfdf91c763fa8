// The machinery of /proc and /sys: trees described by constant tables.
#pragma once

#include "kernel/fs/simple_directory.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::fs {

// Whom a file below /proc/<pid> (and task/<tid>) is about; both null elsewhere.
struct Subject {
  Ref<sched::Process> process;
  Ref<sched::Task> task;
};

using Generator = Result<void> (*)(const Subject& subject, String& out);

// What a name stands for beyond text and tables.
enum class NodeKind : u8 { table, text, link, proc_root, pid, task_list, fd_list, fd_link, magic };

struct GeneratedEntry {
  const char* name;
  NodeKind kind;
  u32 mode;                        // permissions
  Generator generate = nullptr;    // text: contents; link, magic: the target's text
  const GeneratedEntry* children = nullptr;  // table: ends with a null name
  Result<Ref<Dentry>> (*leads_to)(const Subject&) = nullptr;  // magic
};

class GeneratedFs final : public FileSystem {
 public:
  GeneratedFs(const char* type_name, u64 magic_number) : FileSystem(type_name, false), magic(magic_number) {}
  Result<void> statfs(Dentry&, abi::FileSystemStat& out) override;
  const u64 magic;
};

class GeneratedInode final : public ListedInode {
 public:
  GeneratedInode(FileSystem& fs, const GeneratedEntry& entry, u32 pid, u32 tid, u32 fd);
  bool same(const Inode& other) const override { return &fs() == &other.fs() && number() == other.number() && type() == other.type(); }
  Result<void> stat(Dentry& self, abi::FileStat& out) override;
  Result<Ref<File>> open(Dentry& self, u32 flags) override;
  Result<Ref<Inode>> lookup(Dentry& self, std::string_view name) override;
  Result<void> read_link(Dentry& self, String& out) override;
  Result<Ref<Dentry>> magic_link() override;
  Result<void> list(u64 cookie, DirectorySink& sink) override;
  Result<void> generate(String& out) const;

 private:
  Result<Subject> subject() const;
  Result<Ref<Inode>> child(const GeneratedEntry& entry, u32 pid, u32 tid, u32 fd) const;
  Result<void> list_numbers(u64 cookie, DirectorySink& sink);

  const GeneratedEntry& entry_;
  const u32 pid_, tid_, fd_;
};

// A place in no tree for a file without a name, so that a path may lead to it: opening it gives the same
// open file (Linux would open a pipe anew).
Result<Ref<Dentry>> file_dentry(FileSystem& fs, Ref<File> file);

// The tables (proc_system.cpp, proc_process.cpp).
extern const GeneratedEntry kProcRoot;     // names beside the processes
extern const GeneratedEntry kProcProcess;  // /proc/<pid>
extern const GeneratedEntry kProcTask;     // /proc/<pid>/task/<tid>
extern const GeneratedEntry kProcFd;       // /proc/<pid>/fd/<n>
extern const GeneratedEntry kSysRoot;

}  // namespace baryon::fs
