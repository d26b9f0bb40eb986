#include "kv/entry.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace holdfast::kv {

Entry* EntryHandle::allocate(std::string_view key, std::size_t capacity) {
  void* memory = ::operator new(sizeof(Entry) + key.size() + capacity);
  auto* entry = new (memory)
      Entry(static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(capacity));
  std::ranges::copy(key, entry->bytes());
  return entry;
}

Entry* EntryHandle::like(const Entry& entry, std::size_t capacity) {
  Entry* made = allocate(entry.key(), capacity);
  made->revision = entry.revision;
  made->expires_ms = entry.expires_ms;
  made->copied = entry.copied;
  return made;
}

void EntryHandle::destroy(Entry* entry) {
  if (entry == nullptr) return;
  entry->~Entry();
  ::operator delete(entry);
}

EntryHandle::EntryHandle(std::string_view key, std::string_view value)
    : entry_(allocate(key, value.size() < Value::kSharedFrom ? value.size() : 0)) {
  assign(value);
}

EntryHandle EntryHandle::clone() const {
  EntryHandle copy(like(*entry_, entry_->short_bytes_));
  copy->long_ = entry_->long_;
  if (!copy->long_) std::ranges::copy(entry_->view(), copy.resize(entry_->size(), 0));
  return copy;
}

char* EntryHandle::resize(std::size_t size, std::size_t capacity) const {
  if (size >= Value::kSharedFrom) {
    if (!entry_->long_ || entry_->long_.use_count() > 1) {
      const std::string_view kept = entry_->view().substr(0, size);
      auto bytes = std::make_shared<std::string>();
      bytes->reserve(std::max(size, capacity));
      bytes->append(kept);
      if (entry_->capacity_ > 0) {  // no block is kept for bytes that are elsewhere now
        destroy(std::exchange(entry_, like(*entry_, 0)));
      }
      entry_->long_ = std::move(bytes);
      entry_->short_bytes_ = 0;
    }
    entry_->long_->resize(size);
    return entry_->long_->data();
  }
  const bool fits = !entry_->long_ && size <= entry_->capacity_ && entry_->capacity_ / 2 <= size;
  if (!fits) {
    Entry* made = like(*entry_, std::max(size, capacity));
    const std::string_view kept = entry_->view().substr(0, size);
    std::ranges::copy(kept, made->bytes() + made->key_bytes_);
    made->short_bytes_ = static_cast<std::uint32_t>(kept.size());
    destroy(std::exchange(entry_, made));
  }
  char* bytes = entry_->bytes() + entry_->key_bytes_;
  if (size > entry_->short_bytes_) {
    std::memset(bytes + entry_->short_bytes_, 0, size - entry_->short_bytes_);
  }
  entry_->short_bytes_ = static_cast<std::uint32_t>(size);
  return bytes;
}

void EntryHandle::assign(std::string_view value) const {
  if (value.size() >= Value::kSharedFrom) {
    if (entry_->capacity_ > 0) destroy(std::exchange(entry_, like(*entry_, 0)));
    entry_->short_bytes_ = 0;
    Value::Shared& bytes = entry_->long_;
    const std::size_t room = bytes && bytes.use_count() == 1 ? bytes->capacity() : 0;
    if (room / 2 <= value.size() && value.size() <= room) {
      bytes->assign(value);
    } else {  // who holds the old bytes keeps them, and nothing of them is copied
      bytes = std::make_shared<std::string>(value);
    }
    return;
  }
  std::ranges::copy(value, resize(value.size(), value.size()));
}

void EntryHandle::append(std::string_view more) const {
  const std::size_t old = entry_->size();
  const std::size_t size = old + more.size();
  // What has grown once will grow again.
  const std::size_t capacity = std::max(size + size / 2, size);
  char* bytes = resize(size, std::min(capacity, std::max(size, Value::kSharedFrom - 1)));
  std::ranges::copy(more, bytes + old);
}

std::span<char> EntryHandle::edit(std::size_t size) const {
  size = std::max(size, entry_->size());
  return {resize(size, size), size};
}

}  // namespace holdfast::kv
