// A descriptor's file around an object that is none (kernel/io/object.hpp): sockets.
#pragma once

#include "kernel/fs/file.hpp"
#include "kernel/io/object.hpp"

namespace baryon::fs {

class ObjectFile final : public AnonymousFile {
 public:
  // `flags`: O_NONBLOCK.
  ObjectFile(u32 flags, Ref<io::Object> object)
      : AnonymousFile(kReadWrite | flags, object->describe(), object->mode()), object_(std::move(object)) {}
  Result<u64> read_at(IoBuffer& buffer, u64) override { return object_->read(buffer, nonblocking()); }
  Result<u64> write_at(IoBuffer& buffer, u64&) override { return object_->write(buffer, nonblocking()); }
  u32 poll(u32 interest) override { return object_->poll(interest); }
  sched::WaitQueue* poll_queue() override { return &object_->poll_queue(); }
  Result<u64> ioctl(u32 command, u64 argument) override { return object_->ioctl(command, argument); }
  FileKind kind() const override { return FileKind::object; }
  io::Object& object() { return *object_; }

 private:
  ~ObjectFile() override { object_->close(); }
  Ref<io::Object> object_;
};

// The object behind a descriptor, or null.
inline io::Object* as_object(File& file) {
  return file.kind() == FileKind::object ? &static_cast<ObjectFile&>(file).object() : nullptr;
}

}  // namespace baryon::fs
