#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::resp {

// A piece of some buffer, by place: it survives the buffer's growth.
struct Range {
  std::size_t offset = 0;
  std::size_t size = 0;
};

// Splits one line, as a person types it, into arguments: blanks separate, "…" knows \n \r \t \b \a
// \xHH and \c, '…' knows \'. A NUL byte ends the line, as in Redis. The unquoted bytes go to
// `storage`, and `args` are ranges of it. False if quotes are unbalanced, or closed and not
// followed by a blank.
[[nodiscard]] bool split_inline(std::string_view line, std::string& storage,
                                std::vector<Range>& args);

}  // namespace holdfast::resp
