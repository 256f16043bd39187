// A handler of any type, kept until it is called once. Not part of the API.
#pragma once

#include <boost/system/error_code.hpp>
#include <memory>
#include <utility>

namespace sluice::detail {

/// Lives in one allocation, made by the allocator it is given and returned before the handler runs.
template <class Result>
class callback {
 public:
  callback() = default;
  template <class F>
    requires std::is_invocable_v<F, boost::system::error_code, Result>
  callback(F f) : callback{std::allocator_arg, std::allocator<void>{}, std::move(f)} {}  // NOLINT
  template <class Allocator, class F>
  callback(std::allocator_arg_t, const Allocator& allocator, F f)
      : target_{std::allocate_shared<model<F>>(allocator, std::move(f))} {}

  /// Once.
  void operator()(boost::system::error_code ec, Result r) {
    auto target = std::exchange(target_, nullptr);
    auto& t = *target;
    t.call(std::move(target), ec, std::move(r));
  }

 private:
  struct base {
    virtual ~base() = default;
    virtual void call(std::shared_ptr<base> self, boost::system::error_code ec, Result r) = 0;
  };
  template <class F>
  struct model final : base {
    explicit model(F f) : handler{std::move(f)} {}
    void call(std::shared_ptr<base> self, boost::system::error_code ec, Result r) override {
      auto h = std::move(handler);
      self.reset();
      std::move(h)(ec, std::move(r));
    }
    F handler;
  };
  std::shared_ptr<base> target_;
};

}  // namespace sluice::detail
