// Listing a merged directory: upper names first, then lower ones that nothing above covers. An open directory lists
// what was there when it was read from its start, so positions are indices and stay valid while names come and go.
#include "kernel/fs/overlay/overlay.hpp"
#include "kernel/fs/vfs.hpp"

namespace baryon::fs::overlay {
namespace {

struct Entry : HashNode {
  String name;
  u64 number = 0;
  u8 type = 0;
  bool shown = true;
};

// One layer after the other; the first one that has a name decides.
class Merge final : public DirectorySink {
 public:
  ~Merge() {
    for (Entry* entry : entries_) {
      table_.remove(*entry);
      delete entry;
    }
  }
  Result<void> add(const Ref<Dentry>& layer, bool is_upper) {
    if (!layer) return {};
    layer_ = layer.get();
    upper_ = is_upper;
    Ref<File> file = TRY(layer->inode().open(*layer, kReadOnly | kDirectory));
    file->set_dentry(layer);
    u64 position = 0, before;
    do {
      before = position;
      TRY(file->read_directory(*this, position));
      TRY(failure_);
    } while (position != before);
    return {};
  }
  bool entry(std::string_view name, u64 number, u8 type, u64) override {
    if (name == "." || name == "..") return true;
    const u32 hash = hash_bytes(name);
    if (Entry* above = table_.find(hash, [&](Entry& entry) { return entry.name.view() == name; })) {
      if (above->type == type) above->number = number;  // a copy keeps its lower number
      return true;
    }
    auto fresh = make<Entry>();
    auto copy = String::copy(name);
    if (!fresh.ok() || !copy.ok()) {
      if (fresh.ok()) delete fresh.value();
      failure_ = Errno::nomem;
      return false;
    }
    Entry* entry = fresh.value();
    entry->name = copy.take();
    entry->number = upper_ ? number | kUpperNumber : number;
    entry->type = type;
    if (upper_ && type == directory_entry_type(kCharDevice)) {
      auto object = lookup_child(*layer_, name);
      entry->shown = !object.ok() || !is_whiteout(*object.value());
    }
    if (!entries_.push_back(entry).ok()) {
      delete entry;
      failure_ = Errno::nomem;
      return false;
    }
    table_.insert(*entry, hash);
    return true;
  }
  std::span<Entry*> entries() { return entries_.span(); }

 private:
  Dentry* layer_ = nullptr;
  bool upper_ = false;
  Result<void> failure_;
  HashTable<Entry> table_;
  Vector<Entry*> entries_;
};

class MergedDirectory final : public File {
 public:
  explicit MergedDirectory(u32 flags) : File(flags) {}
  ~MergedDirectory() override { delete merge_; }
  bool seekable() const override { return true; }
  Result<u64> read_at(IoBuffer&, u64) override { return Errno::isdir; }
  Result<void> sync(bool) override { return {}; }

  // The caller holds the position.
  Result<void> read_directory(DirectorySink& sink, u64& position) override {
    if (position == 0) {
      delete merge_;
      merge_ = nullptr;
      if (!sink.entry(".", dentry()->inode().number(), directory_entry_type(kDirectoryType), 1)) return {};
      position = 1;
    }
    if (position == 1) {
      Ref<Dentry> parent = dentry()->parent();
      if (!sink.entry("..", parent->inode().number(), directory_entry_type(kDirectoryType), kFirst)) return {};
      position = kFirst;
    }
    if (dentry()->is_detached()) return {};
    if (!merge_) {
      auto& inode = static_cast<OverlayInode&>(dentry()->inode());
      MutexGuard guard(inode.overlay().lock);
      auto* fresh = TRY(make<Merge>());
      auto merged = fresh->add(inode.upper(), true);
      if (merged.ok()) merged = fresh->add(inode.lower(), false);
      if (!merged.ok()) {
        delete fresh;
        return merged;
      }
      merge_ = fresh;
    }
    std::span<Entry*> entries = merge_->entries();
    // Not counted in `position` itself: a sink may move that along with each entry.
    for (u64 at = position; at - kFirst < entries.size(); ++at) {
      Entry& entry = *entries[at - kFirst];
      if (entry.shown && !sink.entry(entry.name.view(), entry.number, entry.type, at + 1)) return {};
      position = at + 1;
    }
    return {};
  }

 private:
  static constexpr u64 kFirst = 2;  // position of entry 0
  Merge* merge_ = nullptr;          // guarded by the position's lock
};

}  // namespace

Result<Ref<File>> open_directory(u32 flags) { return Ref<File>(TRY(make_ref<MergedDirectory>(flags))); }

Result<void> list_merged(OverlayInode& directory, DirectorySink& sink) {
  Merge merge;
  TRY(merge.add(directory.upper(), true));
  TRY(merge.add(directory.lower(), false));
  for (Entry* entry : merge.entries())
    if (entry->shown && !sink.entry(entry->name.view(), entry->number, entry->type, 0)) break;
  return {};
}

}  // namespace baryon::fs::overlay
