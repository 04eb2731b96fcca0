#pragma once

#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>

namespace checkrein::sql::detail {

/// Stack that libpg_query may need for the longest statement: its walkers recurse without a check, about 8,000 levels
/// of 128 bytes at worst (`1+1+1+...`), so four times that.
inline constexpr std::size_t parser_stack = std::size_t{4} << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECKREIN_DETAIL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHECKREIN_DETAIL_SANITIZED 1
#endif
#endif

/// Runs `work` where at least `parser_stack` bytes of stack are left, and returns when it has: here, when the calling
/// thread has that much; on a stack of the thread's own otherwise, made at the first need and kept, with a page below
/// that nobody may touch. `work` throws nothing.
///
/// Under a sanitizer, which does not know about switched stacks, on a thread of its own instead.
///
/// @return whether it ran
class own_stack {
 public:
  template <class Work>
  static bool run(Work& work) noexcept {
    if (enough_left()) {
      work();
      return true;
    }
#if defined(CHECKREIN_DETAIL_SANITIZED)
    return run_on_thread(&enter<Work>, &work);
#else
    static thread_local own_stack mine;
    return mine.switch_to(&enter<Work>, &work);
#endif
  }

 private:
  template <class Work>
  static void enter(void* work) noexcept {
    (*static_cast<Work*>(work))();
  }

  /// The bounds are asked for once per thread.
  static bool enough_left() noexcept {
    static thread_local const std::uintptr_t lowest = [] {
      pthread_attr_t attributes;
      void* address = nullptr;
      std::size_t size = 0;
      if (pthread_getattr_np(pthread_self(), &attributes) != 0) return std::uintptr_t{0};
      pthread_attr_getstack(&attributes, &address, &size);
      pthread_attr_destroy(&attributes);
      return reinterpret_cast<std::uintptr_t>(address);
    }();
    const char here = 0;
    const auto at = reinterpret_cast<std::uintptr_t>(&here);
    return lowest != 0 && at > lowest && at - lowest >= parser_stack;
  }

#if defined(CHECKREIN_DETAIL_SANITIZED)
  struct job {
    void (*enter)(void*) noexcept;
    void* work;
  };
  static bool run_on_thread(void (*enter)(void*) noexcept, void* work) noexcept {
    job one{enter, work};
    pthread_attr_t attributes;
    pthread_t thread{};
    if (pthread_attr_init(&attributes) != 0) return false;
    const bool started = pthread_attr_setstacksize(&attributes, 2 * parser_stack) == 0 &&
                         pthread_create(
                             &thread, &attributes,
                             [](void* data) -> void* {
                               const auto& given = *static_cast<job*>(data);
                               given.enter(given.work);
                               return nullptr;
                             },
                             &one) == 0;
    pthread_attr_destroy(&attributes);
    if (started) pthread_join(thread, nullptr);
    return started;
  }
#else
  static constexpr std::size_t size = 2 * parser_stack;
  static constexpr std::size_t guard = 4096;

  own_stack() noexcept {
    memory_ = ::mmap(nullptr, guard + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ != MAP_FAILED) ::mprotect(memory_, guard, PROT_NONE);
  }
  ~own_stack() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, guard + size);
  }
  own_stack(const own_stack&) = delete;
  own_stack& operator=(const own_stack&) = delete;

  bool switch_to(void (*to)(void*) noexcept, void* work) noexcept {
    if (memory_ == MAP_FAILED || ::getcontext(&there_) != 0) return false;
    there_.uc_stack.ss_sp = static_cast<char*>(memory_) + guard;
    there_.uc_stack.ss_size = size;
    there_.uc_link = &back_;
    enter_ = to;
    work_ = work;
    // makecontext passes ints alone, so the pointer goes in two halves.
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    ::makecontext(&there_, reinterpret_cast<void (*)()>(&trampoline), 2, static_cast<unsigned>(self >> 32),
                  static_cast<unsigned>(self & 0xffffffffU));
    return ::swapcontext(&back_, &there_) == 0;
  }
  static void trampoline(unsigned high, unsigned low) noexcept {
    const auto& self =
        *reinterpret_cast<own_stack*>((static_cast<std::uintptr_t>(high) << 32) | static_cast<std::uintptr_t>(low));
    self.enter_(self.work_);
  }

  void* memory_ = MAP_FAILED;
  ucontext_t there_{};
  ucontext_t back_{};
  void (*enter_)(void*) noexcept = nullptr;
  void* work_ = nullptr;
#endif
};

}  // namespace checkrein::sql::detail
