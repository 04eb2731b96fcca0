#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace checkrein {

/// Where a store keeps its records, and how long it waits.
struct sqlite_store_options {
  std::string file;  ///< a path on a local disk, never a URI; made with mode 0600 when there is none
  std::chrono::milliseconds patience{
      2000};  ///< for the other threads, and then again for other processes; a day at most
  /// Bytes of the file, at most; 0: what the disk holds. Beyond three quarters of it no new client is taken in
  std::size_t room = 0;
  bool check =
      true;  ///< looks through the whole file when it is opened (about 3 s per GB that need not be read from the disk)
};

/// What a SQLite store has done since it was opened: for metrics.
struct sqlite_store_counts {
  std::uint64_t updates = 0;   ///< that were asked for
  std::uint64_t commits = 0;   ///< updates that changed something
  std::uint64_t syncs = 0;     ///< of the log, for changes that must not be lost; one may serve several commits
  std::uint64_t degraded = 0;  ///< updates that were refused because the file could not be used, or had no room
};

}  // namespace checkrein
