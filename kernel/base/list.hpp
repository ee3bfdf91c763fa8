// Intrusive doubly linked list: a member of type ListNode links the object; a list owns nothing. An
// object is in at most one list per node. Not synchronised.
#pragma once

#include "kernel/base/panic.hpp"
#include "kernel/base/types.hpp"

namespace baryon {

struct ListNode {
  ListNode* next = nullptr;
  ListNode* previous = nullptr;
  constexpr ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  bool linked() const { return next != nullptr; }
  // Removes this node from whichever list it is in. The node must be linked.
  void unlink() {
    DEBUG_ENSURE(linked());
    previous->next = next;
    next->previous = previous;
    next = previous = nullptr;
  }
};

template <class T, ListNode T::* Member>
class List {
 public:
  List() { head_.next = head_.previous = &head_; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return head_.next == &head_; }
  T* front() { return empty() ? nullptr : owner(head_.next); }
  T* back() { return empty() ? nullptr : owner(head_.previous); }
  void push_back(T& object) { insert(*head_.previous, object); }
  void push_front(T& object) { insert(head_, object); }
  void insert_after(T& position, T& object) { insert(position.*Member, object); }
  void insert_before(T& position, T& object) { insert(*(position.*Member).previous, object); }
  T* pop_front() {
    T* object = front();
    if (object) (object->*Member).unlink();
    return object;
  }
  T* next(T& object) { return (object.*Member).next == &head_ ? nullptr : owner((object.*Member).next); }
  T* previous(T& object) { return (object.*Member).previous == &head_ ? nullptr : owner((object.*Member).previous); }

  class Iterator {
   public:
    Iterator(ListNode* node) : node_(node) {}
    T& operator*() const { return *owner(node_); }
    T* operator->() const { return owner(node_); }
    Iterator& operator++() {
      node_ = node_->next;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    ListNode* node_;
  };
  Iterator begin() { return Iterator(head_.next); }
  Iterator end() { return Iterator(&head_); }

 private:
  static T* owner(ListNode* node) {
    // offsetof through a member pointer; T is standard layout enough for every supported compiler.
    alignas(T) static char probe[sizeof(T)];
    auto* p = reinterpret_cast<T*>(probe);
    auto offset = reinterpret_cast<char*>(&(p->*Member)) - probe;
    return reinterpret_cast<T*>(reinterpret_cast<char*>(node) - offset);
  }
  void insert(ListNode& after, T& object) {
    ListNode& node = object.*Member;
    DEBUG_ENSURE(!node.linked());
    node.next = after.next;
    node.previous = &after;
    after.next->previous = &node;
    after.next = &node;
  }
  ListNode head_;
};

}  // namespace baryon
