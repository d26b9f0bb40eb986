#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "kv/value.hpp"

namespace holdfast::kv {

// A key and what belongs to it, in one block of memory: this, the key, and the bytes of a short
// value. A long value is shared with the replies that carry it (see Value).
class Entry {
 public:
  std::uint64_t revision = 0;    // of the last change; above all earlier ones of any key
  std::uint64_t expires_ms = 0;  // cluster time from which on it is gone; zero: never
  std::uint32_t copied = 0;      // the last copy that has it, or that began before it was there

  std::string_view key() const { return {bytes(), key_bytes_}; }
  std::string_view view() const {
    return long_ ? std::string_view(*long_) : std::string_view(bytes() + key_bytes_, short_bytes_);
  }
  std::size_t size() const { return long_ ? long_->size() : short_bytes_; }
  Value value() const { return long_ ? Value(long_) : Value(std::string(view())); }

 private:
  friend class EntryHandle;

  Entry(std::uint32_t key_bytes, std::uint32_t capacity)
      : key_bytes_(key_bytes), capacity_(capacity) {}

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

  std::uint32_t key_bytes_;
  std::uint32_t capacity_;  // for a short value's bytes, behind the key
  std::uint32_t short_bytes_ = 0;
  Value::Shared long_;  // null: the value is short
};

// Owns an entry. What changes the value may move the entry to another place. The key stays, so a
// set of handles may have it changed.
class EntryHandle {
 public:
  EntryHandle(std::string_view key, std::string_view value);
  EntryHandle(EntryHandle&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  EntryHandle& operator=(EntryHandle&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~EntryHandle() { destroy(entry_); }

  // With all that belongs to it; a long value's bytes are shared.
  EntryHandle clone() const;
  // Leaves a handle without an entry, of use for nothing but to be destroyed.
  EntryHandle take() const { return EntryHandle(std::exchange(entry_, nullptr)); }

  Entry* operator->() const { return entry_; }
  Entry& operator*() const { return *entry_; }

  void assign(std::string_view value) const;
  void append(std::string_view more) const;
  // The value's bytes, to be changed in place, with zeros behind its end up to `size`.
  std::span<char> edit(std::size_t size) const;

 private:
  explicit EntryHandle(Entry* entry) : entry_(entry) {}

  // With the key of an entry and all else but its value.
  static Entry* like(const Entry& entry, std::size_t capacity);
  static Entry* allocate(std::string_view key, std::size_t capacity);
  static void destroy(Entry* entry);
  // Makes room for a value of this size; the old one is kept as far as it fits. Its bytes.
  char* resize(std::size_t size, std::size_t capacity) const;

  mutable Entry* entry_;
};

}  // namespace holdfast::kv
