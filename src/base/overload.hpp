#pragma once

namespace holdfast {

// std::visit(Overload{...}, variant): one lambda per alternative, and the compiler says which is
// missing.
template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;

}  // namespace holdfast
