#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace checkrein::sql::sqlite_detail {

/// Makes commits of SQLite in WAL mode outlast a loss of power, several at a time.
///
/// Under `synchronous = NORMAL` a commit has only been written to the log: it "might roll back following a power loss"
/// (sqlite.org/pragma.html#pragma_synchronous). A sync of the log after the commit is what `FULL` adds, and makes every
/// commit before it durable, too; SQLite's authors name it as the way to make single commits durable
/// (sqlite.org/forum/forumpost/d1a6bc7c4cd2baca). The setting itself cannot be changed within a transaction, when it is
/// known what changed. A checkpoint does no harm in between: it syncs the log before it copies from it, and the file
/// before the log is used anew. SQLite takes its locks on the other two files, so a descriptor of the log ends none.
///
/// The sync runs outside of SQLite's lock. Who comes while one runs waits for the next, which serves all who wait.
class wal_flush {
 public:
  wal_flush() = default;
  wal_flush(const wal_flush&) = delete;
  wal_flush& operator=(const wal_flush&) = delete;
  ~wal_flush() {
    if (log_ >= 0) ::close(log_);
  }

  /// @param file  of the database, not a link to it, which a connection must have open and read from: the log exists as
  ///              long
  bool open(const std::string& file) {
    log_ = ::open((file + "-wal").c_str(), O_RDWR | O_CLOEXEC);
    if (log_ < 0) return false;
    // Its name in the directory has to last, too.
    const std::size_t slash = file.rfind('/');
    const std::string in = slash == file.npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
    const int directory = ::open(in.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return false;
    const bool synced = ::fsync(directory) == 0 && ::fdatasync(log_) == 0;
    ::close(directory);
    return synced;
  }

  /// A commit was made: its number. Numbers are given in the order of commits.
  std::uint64_t committed() noexcept {
    const std::lock_guard held{lock_};
    return ++written_;
  }

  /// Waits until the commit of this number is on the disk.
  ///
  /// @return false when it is not. What a failed sync has lost, a later one does not bring back, and commits after it
  ///         rest on it: so every later call fails, too
  bool flush(std::uint64_t number) noexcept {
    std::unique_lock held{lock_};
    while (synced_ < number && !failed_) {
      if (running_) {
        done_.wait(held);
        continue;
      }
      running_ = true;
      const std::uint64_t upto = written_;
      held.unlock();
      const bool fine = sync();
      held.lock();
      running_ = false;
      ++syncs_;
      if (fine)
        synced_ = upto;
      else
        failed_ = true;
      done_.notify_all();
    }
    return !failed_;
  }

  [[nodiscard]] bool failed() noexcept {
    const std::lock_guard held{lock_};
    return failed_;
  }
  [[nodiscard]] std::uint64_t syncs() noexcept {
    const std::lock_guard held{lock_};
    return syncs_;
  }

 private:
  /// The log must still have a name: one that was deleted is gone with the process.
  [[nodiscard]] bool sync() const noexcept {
    struct stat is {};
    return ::fdatasync(log_) == 0 && ::fstat(log_, &is) == 0 && is.st_nlink > 0;
  }

  int log_ = -1;
  std::mutex lock_;
  std::condition_variable done_;
  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t syncs_ = 0;
  bool running_ = false;
  bool failed_ = false;
};

}  // namespace checkrein::sql::sqlite_detail
