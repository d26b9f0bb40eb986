#include <nghttp2/nghttp2.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "base/check.hpp"
#include "load/dialogue.hpp"

// What this speaks is gRPC over HTTP/2 (a frame of one byte and a length before each message, the
// status in the trailers) and of etcd's rpc.proto: PutRequest{key = 1, value = 2}, RangeRequest{key
// = 1}, and RangeResponse{header = 1, kvs = 2}.
namespace holdfast::bench {

namespace {

constexpr std::int32_t kWindowBytes = 16 << 20;  // so that answers never wait for one
constexpr char kKeyTag = 1 << 3 | 2;             // field 1, with a length
constexpr char kValueTag = 2 << 3 | 2;
constexpr std::size_t kFrameHeaderBytes = 5;

void append_field(char tag, std::string_view bytes, std::string& message) {
  message += tag;
  std::size_t size = bytes.size();
  for (; size >= 0x80; size >>= 7) message += static_cast<char>(size | 0x80);
  message += static_cast<char>(size);
  message += bytes;
}

std::string framed(std::string_view message) {
  std::string frame(1, '\0');  // not compressed
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>(message.size() >> shift & 0xff);
  }
  return frame.append(message);
}

nghttp2_nv header(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

class EtcdDialogue : public Dialogue {
 public:
  EtcdDialogue(const std::string& value, std::string authority)
      : value_(value), authority_(std::move(authority)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &on_close);
    CHECK(nghttp2_session_client_new(&session_, callbacks, this) == 0);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes};
    CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1) == 0);
    CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindowBytes) == 0);
  }
  ~EtcdDialogue() override { nghttp2_session_del(session_); }
  EtcdDialogue(const EtcdDialogue&) = delete;
  EtcdDialogue& operator=(const EtcdDialogue&) = delete;

  void ask(const Operation& operation, std::string& out) override {
    std::string message;
    append_field(kKeyTag, key_name(operation.key), message);
    if (!operation.is_read) append_field(kValueTag, value_, message);
    Call call{.operation = operation, .unsent = framed(message)};
    const std::array headers{
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", operation.is_read ? "/etcdserverpb.KV/Range" : "/etcdserverpb.KV/Put"),
        header(":authority", authority_),
        header("content-type", "application/grpc"),
        header("te", "trailers")};
    const nghttp2_data_provider body{{.ptr = this}, &read_body};
    const std::int32_t stream =
        nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &body, nullptr);
    CHECK(stream > 0);
    calls_.emplace(stream, std::move(call));
    say(out);
  }

  bool hear(std::string_view bytes, std::vector<Answer>& answers, std::string& out) override {
    answers_ = &answers;
    const auto taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    answers_ = nullptr;
    say(out);
    return taken == static_cast<ssize_t>(bytes.size());
  }

 private:
  struct Call {
    Operation operation;
    std::string unsent;
    std::size_t heard_bytes = 0;
    std::string status{};
    std::string message{};
  };

  void say(std::string& out) {
    const std::uint8_t* bytes = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session_, &bytes)) > 0) {
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* buffer,
                           std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                           void*) {
    std::string& unsent = static_cast<EtcdDialogue*>(source->ptr)->calls_.at(stream).unsent;
    const std::size_t part = std::min(size, unsent.size());
    std::memcpy(buffer, unsent.data(), part);
    unsent.erase(0, part);
    if (unsent.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* self) {
    auto& calls = static_cast<EtcdDialogue*>(self)->calls_;
    const auto call = calls.find(frame->hd.stream_id);
    if (call == calls.end()) return 0;
    const std::string_view text(reinterpret_cast<const char*>(name), name_size);
    const std::string_view content(reinterpret_cast<const char*>(value), value_size);
    if (text == "grpc-status") call->second.status = content;
    if (text == "grpc-message") call->second.message = content;
    return 0;
  }

  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t*,
                     std::size_t size, void* self) {
    static_cast<EtcdDialogue*>(self)->calls_.at(stream).heard_bytes += size;
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* self) {
    auto& dialogue = *static_cast<EtcdDialogue*>(self);
    Call& call = dialogue.calls_.at(stream);
    Answer answer{.operation = call.operation};
    if (call.status != "0") {
      answer.error =
          "gRPC status " + (call.status.empty() ? "missing" : call.status) + " " + call.message;
    } else {
      // An answer without a pair is its header only.
      answer.is_missing =
          call.operation.is_read && call.heard_bytes < kFrameHeaderBytes + dialogue.value_.size();
    }
    if (dialogue.answers_ != nullptr) dialogue.answers_->push_back(std::move(answer));
    dialogue.calls_.erase(stream);
    return 0;
  }

  const std::string& value_;
  std::string authority_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Call> calls_;
  std::vector<Answer>* answers_ = nullptr;  // while hear() runs
};

}  // namespace

std::unique_ptr<Dialogue> make_etcd_dialogue(const std::string& value, std::string authority) {
  return std::make_unique<EtcdDialogue>(value, std::move(authority));
}

}  // namespace holdfast::bench
