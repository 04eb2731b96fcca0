// What does it cost to ask whether an account may come in: ladder and four windows? Beside the floor: a clock read and
// one compare-and-swap when the account is hot, one random cache line when it is one of a million.
#include <checkrein.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "measure.hpp"

namespace cr = checkrein;
using std::chrono::days;

struct look {
  BOOST_HANA_DEFINE_STRUCT(look, (int, id));
  using rules = cr::tool<"look", cr::about<"Looks something up">, cr::reads>;
};
// Wide enough that nothing is refused while it is measured.
struct door : cr::policy<cr::toolbox<look>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::smooth<1'000'000'000'000, days, 12>,
                                   cr::smooth<2'000'000'000'000, days, 48>, cr::smooth<3'000'000'000'000, days, 120>,
                                   cr::hard<100'000'000'000'000, days, cr::burst<50'000'000'000'000>, 3600>>> {};

/// The baseline: sharded maps of token buckets.
class bucket_map {
 public:
  explicit bucket_map(std::size_t accounts) {
    for (shard& one : shards_) one.buckets.reserve(accounts / 64 * 2);
  }
  bool admit(const cr::digest128& key, cr::moment now) {
    shard& in = shards_[key.high >> 58];
    const std::lock_guard held{in.lock};
    std::int64_t& next = in.buckets[key.low];
    const std::int64_t at = now.time_since_epoch().count();
    if (next > at + 1'000'000'000'000'000) return false;
    next = (next > at ? next : at) + 1;
    return true;
  }

 private:
  struct alignas(64) shard {
    std::mutex lock;
    boost::unordered_flat_map<std::uint64_t, std::int64_t> buckets;
  };
  std::array<shard, 64> shards_;
};

int main() {
  constexpr std::size_t accounts = 1'000'000;
  cr::memory_store<door> memory{{.accounts = accounts, .clients = 16}};
  cr::handlers handlers{cr::on<look>([](const cr::checked<look>&) { return "ok"; })};
  cr::null_sink sink;
  const cr::steady_wall_clock clock;
  cr::gate<door> gate{memory, handlers, sink, clock};

  std::vector<cr::principal> people;
  people.reserve(accounts);
  const auto now = clock.now();
  for (std::size_t i = 0; i < accounts; ++i) {
    people.emplace_back(cr::account{"https://shop.example", "customer-" + std::to_string(i)});
    people.back().has_verified<cr::email>(now);
    if (!gate.admit(people.back())) return 1;
  }
  std::printf("admit,bytes per account of the table,%.1f,,,\n", memory.bytes_per_account());

  std::mt19937_64 random{1};
  std::vector<std::uint32_t> order(1 << 20);
  for (auto& one : order) one = static_cast<std::uint32_t>(random() % accounts);

  // The decision alone, on keys that are at hand: what a store is asked. And through the gate, with the principal's own
  // data.
  using decisions = cr::detail::decisions<door>;
  const auto decide = [&](const cr::digest128& key) {
    const auto at = clock.now();
    return memory.update({.account = &key, .create = true}, at, [](const auto& records, cr::moment now) {
      if (const cr::verdict may = decisions::standing(records, now); !may) return may;
      if (const cr::verdict may = decisions::template look<cr::visits>(records, {}, now); !may) return may;
      decisions::template charge<cr::visits>(records, {}, now);
      return cr::verdict::allowed();
    });
  };
  // In the random order of the visits, so that fetching the key itself costs nothing: only the record is far away.
  std::vector<cr::digest128> keys;
  for (const auto one : order) keys.push_back(people[one].key());

  std::atomic<std::int64_t> word{0};
  measure::compare("admit hot account",
                   {{"floor: clock read + compare-and-swap",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         const std::int64_t at = clock.now().time_since_epoch().count();
                         std::int64_t before = word.load(std::memory_order_relaxed);
                         word.compare_exchange_strong(before, at);
                       }
                     }},
                    {"decision: ladder + 4 windows",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!decide(keys[7])) std::abort();
                     }},
                    {"gate.admit: facts, decision, audit, visit",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!gate.admit(people[7])) std::abort();
                     }}},
                   0, 200'000);

  // What most would write: shards of an unordered map behind mutexes, one token bucket for each key.
  bucket_map buckets{accounts};
  measure::compare("admit beside Boost.Unordered",
                   {{"64 shards of boost::unordered_flat_map and std::mutex: one window, hot",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) measure::keep(buckets.admit(keys[7], clock.now()));
                     }},
                    {"decision: ladder + 4 windows, hot",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!decide(keys[7])) std::abort();
                     }},
                    {"64 shards of boost::unordered_flat_map and std::mutex: one window, one of 1M",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         measure::keep(buckets.admit(keys[i & (keys.size() - 1)], clock.now()));
                     }},
                    {"decision: ladder + 4 windows, one of 1M",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!decide(keys[i & (keys.size() - 1)])) std::abort();
                     }}},
                   0, 100'000, 15);

  // Two threads on one account: CPU time for each decision, beside one thread alone.
  measure::compare_cpu("admit two threads on one account", 2, 200'000, [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      if (!decide(keys[7])) std::abort();
  });

  struct alignas(64) line {
    std::uint64_t words[8];
  };
  const std::size_t lines = accounts * 145 / 100;
  const auto table = std::make_unique<line[]>(lines);
  for (std::size_t i = 0; i < lines; ++i) table[i].words[0] = i;
  std::uint64_t sum = 0;
  measure::compare("admit one of 1M accounts",
                   {{"floor: clock read + one random line of a table as large",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         sum += static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
                         line& one =
                             table[(static_cast<std::uint64_t>(order[i & (order.size() - 1)]) * 2654435761U) % lines];
                         one.words[1] += sum;
                         sum += one.words[0] & 1;
                       }
                     }},
                    {"decision: ladder + 4 windows",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!decide(keys[i & (keys.size() - 1)])) std::abort();
                     }},
                    {"gate.admit: facts, decision, audit, visit",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!gate.admit(people[order[i & (order.size() - 1)]])) std::abort();
                     }}},
                   0, 1 << 18, 11);
  measure::keep(sum);
}
