#pragma once

#include <iosfwd>
#include <string>

#include "lincheck/check.hpp"

namespace holdfast::lincheck {

// Writes a page for a browser that shows each client's operations on a time axis, the orders that
// were found, and where a history fails. It is one file that needs nothing else. `result` is that
// of checking `history`; `title` is what to call it.
void write_page(const History& history, const Result& result, const std::string& title,
                std::ostream& out);

}  // namespace holdfast::lincheck
