// How many calls does each window let into its worst minute, what does a caller in bursts get, and how does a ladder
// climb and decay? Searches, simulates, prints CSV, and draws the pictures of docs/abuse.md as SVG:
// `bench_abuse_pictures docs/pictures`. Takes no time as measure; the same on every machine.
#include <checkrein/ban/ladder.hpp>
#include <checkrein/rate/civil.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cr = checkrein;
using std::chrono::minutes;

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t minute_us = 60 * second_us;
constexpr std::int64_t day_us = 24 * 60 * minute_us;
/// A midnight in UTC, far from any other.
constexpr std::int64_t midnight_us =
    std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}.time_since_epoch().count() * day_us;

constexpr std::int64_t limit = 20;

// ---------------------------------------------------------------------------------------------------------------------
// What is compared: four windows of the library, two counters made by hand.

/// A window of the library.
template <class Window>
class ours {
 public:
  static constexpr std::int64_t boundary_us = Window::rule.kind == cr::window_kind::day ? day_us : minute_us;
  static constexpr std::size_t bytes = sizeof(typename Window::state);

  /// Zero when one more fits; else how long the caller is told to wait.
  [[nodiscard]] std::int64_t wait(std::int64_t us) const {
    return std::chrono::ceil<std::chrono::microseconds>(Window::wait(state_, at(us))).count();
  }
  void charge(std::int64_t us) { Window::charge(state_, at(us)); }

 private:
  static cr::moment at(std::int64_t us) { return cr::moment{std::chrono::microseconds{us}}; }
  typename Window::state state_{};
};

/// By hand: a counter that starts anew with each minute of the clock.
class fixed_window {
 public:
  static constexpr std::int64_t boundary_us = minute_us;
  static constexpr std::size_t bytes = 8;

  [[nodiscard]] std::int64_t wait(std::int64_t us) const {
    return us / minute_us != minute_ || count_ < limit ? 0 : (minute_ + 1) * minute_us - us;
  }
  void charge(std::int64_t us) {
    if (us / minute_us != minute_) minute_ = us / minute_us, count_ = 0;
    ++count_;
  }

 private:
  std::int64_t minute_ = 0;
  std::int64_t count_ = 0;
};

/// By hand: two counters, the last minute's weighed by how much of it the past sixty seconds still cover; admits while
/// the sum is below the limit.
class two_buckets {
 public:
  static constexpr std::int64_t boundary_us = minute_us;
  static constexpr std::size_t bytes = 12;

  [[nodiscard]] std::int64_t wait(std::int64_t us) const { return fits(us) ? 0 : search(us); }
  void charge(std::int64_t us) {
    const std::int64_t now = us / minute_us;
    if (now != minute_) {
      before_ = now == minute_ + 1 ? count_ : 0;
      minute_ = now;
      count_ = 0;
    }
    ++count_;
  }

 private:
  [[nodiscard]] bool fits(std::int64_t us) const {
    const std::int64_t now = us / minute_us;
    const std::int64_t before = now == minute_ ? before_ : now == minute_ + 1 ? count_ : 0;
    const std::int64_t count = now == minute_ ? count_ : 0;
    return before * (minute_us - us % minute_us) + count * minute_us < limit * minute_us;
  }
  [[nodiscard]] std::int64_t search(std::int64_t us) const {
    std::int64_t low = us;  // it does not fit here, and does two minutes on
    std::int64_t high = us + 2 * minute_us;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (fits(middle) ? high : low) = middle;
    }
    return high - us;
  }

  std::int64_t minute_ = 0;
  std::int64_t before_ = 0;
  std::int64_t count_ = 0;
};

// ---------------------------------------------------------------------------------------------------------------------
// The adversary.

/// One who wants as many as possible in some minute, and writes down when they were admitted.
template <class Counter>
class adversary {
 public:
  explicit adversary(std::int64_t start) : now_{start} {}

  /// As many as fit now, at most `most`.
  void take(std::int64_t most) {
    for (; most > 0 && counter_.wait(now_) == 0; --most) {
      counter_.charge(now_);
      admitted_.push_back(now_);
    }
  }
  void sleep(std::int64_t us) { now_ += us; }
  /// As long as it is told, and no longer.
  void obey() { now_ += counter_.wait(now_); }
  /// Until one microsecond before the counter's own minute (or day) ends.
  void to_boundary() { now_ += std::max<std::int64_t>(0, Counter::boundary_us - now_ % Counter::boundary_us - 1); }
  [[nodiscard]] std::int64_t now() const { return now_; }

  /// The most that any half-open interval of one minute has seen.
  [[nodiscard]] std::int64_t worst() const {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < admitted_.size(); ++last) {
      while (admitted_[last] - admitted_[first] >= minute_us) ++first;
      most = std::max(most, last - first + 1);
    }
    return static_cast<std::int64_t>(most);
  }

 private:
  Counter counter_;
  std::int64_t now_;
  std::vector<std::int64_t> admitted_;
};

struct found {
  std::int64_t worst = 0;
  std::string strategy;
};

template <class Counter>
found worst_minute() {
  constexpr std::int64_t all = 1'000;
  constexpr std::int64_t start = midnight_us - 5 * minute_us;
  found out;
  const auto keep = [&](const adversary<Counter>& one, std::string_view strategy) {
    if (one.worst() > out.worst) out = {one.worst(), std::string{strategy}};
  };
  for (int phase = 0; phase < 60; ++phase) {
    adversary<Counter> one{start + phase * second_us};
    one.take(all);
    keep(one, "all at once");
  }
  for (std::int64_t k = 1; k <= 2 * limit; ++k) {
    adversary<Counter> one{start};
    one.take(k);
    while (one.now() < start + 3 * minute_us) one.obey(), one.take(1);
    keep(one, "as soon as told");
  }
  for (std::int64_t k = 1; k <= limit; ++k)
    for (std::int64_t pause = 1; pause <= 60; ++pause) {
      adversary<Counter> one{start};
      one.take(k);
      one.sleep(pause * second_us - 1);
      one.take(all);
      keep(one, "again after a pause");
    }
  for (std::int64_t later = 1; later <= 60; ++later) {
    adversary<Counter> one{start};
    one.to_boundary();
    one.take(all);
    one.sleep(later == 60 ? minute_us - 1 : later == 1 ? 1 : later * second_us);
    one.take(all);
    keep(one, "on both sides of the boundary");
  }
  // Whatever else there is: moves at random.
  std::mt19937_64 random{2026};
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  for (int run = 0; run < 40'000; ++run) {
    adversary<Counter> one{start + below(4 * minute_us)};
    for (int move = 0; move < 14; ++move) {
      switch (below(6)) {
        case 0:
          one.sleep(below(minute_us));
          break;
        case 1:
          one.sleep(minute_us - 1 - below(2) * below(second_us));
          break;
        case 2:
          one.obey();
          break;
        case 3:
          if (one.now() < midnight_us) one.to_boundary();
          break;
        case 4:
          one.sleep(1);
          break;
        default:
          break;
      }
      one.take(below(3) == 0 ? 1 + below(limit) : all);
    }
    keep(one, "moves at random");
  }
  return out;
}

// ---------------------------------------------------------------------------------------------------------------------
// SVG, as text.

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string out = text;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

/// A picture 700 wide, on a ground of its own, so that it can be read on any page; dark where the reader's screen is.
class picture {
 public:
  picture(int height, std::string_view title, std::string_view description) {
    const std::string h = std::to_string(height);
    body_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 " + h + "\" width=\"700\" height=\"" + h +
            "\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">" + std::string{title} +
            "</title>\n<desc id=\"desc\">" + std::string{description} + "</desc>\n" + style() +
            "<rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"699\" height=\"" + std::to_string(height - 1) +
            "\" rx=\"8\"/>\n";
  }
  picture& text(double x, double y, std::string_view what, std::string_view of, std::string_view anchor = "start") {
    body_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" class=\"" + std::string{of} + "\"";
    if (anchor != "start") body_ += " text-anchor=\"" + std::string{anchor} + "\"";
    body_ += ">" + std::string{what} + "</text>\n";
    return *this;
  }
  picture& line(double x1, double y1, double x2, double y2, std::string_view of) {
    body_ += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
             "\" class=\"" + std::string{of} + "\"/>\n";
    return *this;
  }
  picture& box(double x, double y, double width, double height, std::string_view of, double round = 0) {
    if (width <= 0 || height <= 0) return *this;
    body_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) + "\" height=\"" +
             number(height) + "\" class=\"" + std::string{of} + "\"";
    if (round > 0) body_ += " rx=\"" + number(round) + "\"";
    body_ += "/>\n";
    return *this;
  }
  picture& dot(double x, double y, double radius, std::string_view of) {
    body_ += "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"" + number(radius) + "\" class=\"" +
             std::string{of} + "\"/>\n";
    return *this;
  }
  picture& path(std::string_view d, std::string_view of) {
    body_ += "<path d=\"" + std::string{d} + "\" class=\"" + std::string{of} + "\"/>\n";
    return *this;
  }
  [[nodiscard]] bool write(const std::string& file) const {
    std::ofstream out{file};
    out << body_ << "</svg>\n";
    return static_cast<bool>(out.flush());
  }

 private:
  static std::string style() {
    return R"(<style>
text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: #1f2328; }
.head { font-size: 16px; font-weight: 600; }
.name { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.note { fill: #59636e; }
.value { font-weight: 600; }
.above { font-weight: 600; fill: #b3400a; }
.ground { fill: #ffffff; stroke: #d1d9e0; }
.within, .mark { fill: #2a72c8; }
.over { fill: #d9590f; }
.asked { fill: #c3ccd5; }
.area { fill: #dfeafa; }
.grid { stroke: #e4e8ec; }
.axis { stroke: #8b949e; }
.limit { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 5 4; }
.rung { stroke: #8b949e; stroke-dasharray: 2 4; }
.curve { fill: none; stroke: #2a72c8; stroke-width: 2; stroke-linejoin: round; }
.ban { fill: #f7d3bd; }
.probation { fill: #f0e2a8; }
.free { fill: #d3dae1; }
.none { fill: #ffffff; stroke: #2a72c8; stroke-width: 2; }
.warn { fill: #d4a106; }
.pause { fill: #d9590f; }
.shut { fill: #a1123a; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.note { fill: #9da7b3; }
.above { fill: #ff9e63; }
.ground { fill: #0d1117; stroke: #30363d; }
.within, .mark { fill: #4b9bf5; }
.over { fill: #f0803c; }
.asked { fill: #4a535e; }
.area { fill: #14283f; }
.grid { stroke: #21272e; }
.axis { stroke: #6e7681; }
.limit { stroke: #e6edf3; }
.rung { stroke: #6e7681; }
.curve { stroke: #4b9bf5; }
.ban { fill: #5a2a14; }
.probation { fill: #51451a; }
.free { fill: #3a424c; }
.none { fill: #0d1117; stroke: #4b9bf5; }
.warn { fill: #e3b341; }
.pause { fill: #f0803c; }
.shut { fill: #ff6b8f; }
}
</style>
)";
  }
  std::string body_;
};

// ---------------------------------------------------------------------------------------------------------------------
// The pictures.

struct row {
  std::string name;
  bool by_hand;
  std::size_t bytes;
  found most;
};

template <class Counter>
row measured(std::string name, bool by_hand) {
  row one{std::move(name), by_hand, Counter::bytes, worst_minute<Counter>()};
  std::printf("worst minute,\"%s\",%lld,%lld,%zu,%s\n", one.name.c_str(), static_cast<long long>(one.most.worst),
              static_cast<long long>(limit), one.bytes, one.most.strategy.c_str());
  return one;
}

using exact_20 = ours<cr::exact<limit, minutes>>;
using hard_20 = ours<cr::hard<limit, minutes, cr::burst<5>>>;
using smooth_20 = ours<cr::smooth<limit, minutes>>;
using daily_20 = ours<cr::daily<limit>>;

bool draw_worst_minute(const std::string& file) {
  std::printf("benchmark,case,worst_in_a_minute,limit,bytes,strategy\n");
  const std::vector<row> rows{
      measured<exact_20>("exact<20, minutes>", false),   measured<hard_20>("hard<20, minutes, burst<5>>", false),
      measured<smooth_20>("smooth<20, minutes>", false), measured<daily_20>("daily<20>", false),
      measured<fixed_window>("fixed window", true),      measured<two_buckets>("two buckets", true)};
  std::string described = "Bars, calls in the worst interval of one minute, limit 20: ";
  for (const row& one : rows) {
    std::string name;
    for (const char c : one.name) name += c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string{c};
    described += name + " " + std::to_string(one.most.worst) + (&one == &rows.back() ? "." : ", ");
  }
  picture out{372, "Most calls that an adversary gets into any interval of one minute", described};
  out.text(20, 30, "Most calls in any minute, when the limit is 20", "head");
  out.text(20, 50, "found by an adversary who may come at any time, and be told how long to wait", "note");
  constexpr double left = 250;
  constexpr double unit = 10;  // pixels for each call
  constexpr double top = 84;
  constexpr double bottom = 332;
  for (const int at : {0, 10, 20, 30, 40}) {
    out.line(left + at * unit, top - 6, left + at * unit, bottom, at == 0 ? "axis" : "grid");
    out.text(left + at * unit, bottom + 20, std::to_string(at), "note", "middle");
  }
  double y = top;
  for (const row& one : rows) {
    std::string name;
    for (const char c : one.name) name += c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string{c};
    if (one.by_hand && y < 245) {
      y += 10;
      out.line(20, y - 9, left + 40 * unit, y - 9, "grid");
    }
    out.text(20, y + 19, name, one.by_hand ? "" : "name");
    if (one.by_hand) out.text(117, y + 19, "(not in the library)", "note");
    const double in = static_cast<double>(std::min(one.most.worst, limit)) * unit;
    const double over = static_cast<double>(std::max<std::int64_t>(0, one.most.worst - limit)) * unit;
    out.box(left, y + 3, in, 22, "within").box(left + in + 1, y + 3, over - 1, 22, "over");
    out.text(left + in + over + 8, y + 19, std::to_string(one.most.worst), over > 0 ? "above" : "value");
    y += 40;
  }
  out.line(left + limit * unit, top - 10, left + limit * unit, bottom, "limit");
  out.text(left + limit * unit, top - 14, "limit", "", "middle");
  return out.write(file);
}

/// One moment at which the caller of the second picture comes.
struct burst_of {
  std::int64_t at_s;  ///< from midnight
  std::int64_t calls;
};

/// Bursts on both sides of midnight, then one call each three seconds, then a burst after a pause.
std::vector<burst_of> bursty_caller() {
  std::vector<burst_of> out{{-10, 30}, {2, 30}};
  for (std::int64_t s = 6; s <= 120; s += 3) out.push_back({s, 1});
  out.push_back({200, 30});
  return out;
}

constexpr double from_s = -60;
constexpr double to_s = 240;

template <class Counter>
void panel(picture& out, double left, double top, const std::string& name, bool by_hand) {
  constexpr double width = 296;
  constexpr double plot = 92;   // height of 45 calls
  constexpr double strip = 26;  // height of the strip of bursts
  const auto x = [&](double s) { return left + (s - from_s) / (to_s - from_s) * width; };
  const auto y = [&](double calls) { return top + 22 + plot - calls / 45 * plot; };
  std::string shown;
  for (const char c : name) shown += c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string{c};

  Counter counter;
  std::vector<std::int64_t> admitted;
  struct outcome {
    std::int64_t at_s, asked, got;
  };
  std::vector<outcome> outcomes;
  std::int64_t total = 0;
  std::int64_t asked = 0;
  for (const burst_of& one : bursty_caller()) {
    const std::int64_t us = midnight_us + one.at_s * second_us;
    std::int64_t got = 0;
    for (std::int64_t i = 0; i < one.calls; ++i)
      if (counter.wait(us) == 0) counter.charge(us), admitted.push_back(one.at_s), ++got;
    outcomes.push_back({one.at_s, one.calls, got});
    total += got;
    asked += one.calls;
  }
  // How many were admitted in the minute that ends here.
  const auto last_minute = [&](std::int64_t s) {
    return std::count_if(admitted.begin(), admitted.end(), [&](std::int64_t at) { return at <= s && s - at < 60; });
  };
  std::int64_t most = 0;
  std::string area = "M" + number(x(from_s)) + " " + number(y(0));
  std::string over = "";
  std::int64_t before = 0;
  std::string curve = "M" + number(x(from_s)) + " " + number(y(0));
  double over_from = 0;
  for (auto s = static_cast<std::int64_t>(from_s); s <= static_cast<std::int64_t>(to_s); ++s) {
    const std::int64_t now = last_minute(s);
    most = std::max(most, now);
    if (now == before) continue;
    const std::string to = "H" + number(x(static_cast<double>(s))) + "V" + number(y(static_cast<double>(now)));
    curve += to;
    if (before > limit)
      over += "M" + number(over_from) + " " + number(y(limit)) + "H" + number(x(static_cast<double>(s))) + "V" +
              number(y(static_cast<double>(before))) + "H" + number(over_from) + "Z";
    over_from = x(static_cast<double>(s));
    before = now;
  }
  curve += "H" + number(x(to_s));
  std::printf("bursts around midnight,\"%s\",%lld,%lld,%lld,\n", name.c_str(), static_cast<long long>(asked),
              static_cast<long long>(total), static_cast<long long>(most));

  out.text(left, top + 10, shown, by_hand ? "" : "name");
  out.text(left + width, top + 10, std::to_string(total) + " of " + std::to_string(asked), "note", "end");
  for (const int calls : {0, 40}) out.line(left, y(calls), left + width, y(calls), calls == 0 ? "axis" : "grid");
  out.line(x(0), y(44), x(0), y(0) + strip, "grid");
  out.path(curve + "V" + number(y(0)) + "Z", "area");
  if (!over.empty()) out.path(over, "over");
  out.path(curve, "curve");
  out.line(left, y(limit), left + width, y(limit), "limit");
  for (const outcome& one : outcomes) {
    const double at = x(static_cast<double>(one.at_s));
    const double full = one.asked == 1 ? 8 : strip - 4;
    const double wide = one.asked == 1 ? 1.2 : 4;
    out.box(at - wide / 2, y(0) + 3, wide, full, "asked");
    out.box(at - wide / 2, y(0) + 3, wide, full * static_cast<double>(one.got) / static_cast<double>(one.asked),
            "mark");
  }
}

bool draw_bursts(const std::string& file) {
  std::printf("benchmark,case,asked,admitted,most_in_a_minute,\n");
  picture out{
      640, "What a caller in bursts gets under each window",
      "Six panels over five minutes around midnight, each with the number of calls that were admitted within the "
      "last minute, beside the limit of 20. exact and hard stay at or below 20; smooth, daily, a fixed window "
      "and two buckets rise above it."};
  out.text(20, 30, "Calls admitted in the last minute, when the limit is 20", "head");
  out.text(20, 50, "30 calls just before midnight UTC and 30 just after, then one each 3 s, a pause, and 30 more",
           "note");
  constexpr std::array<double, 3> tops{74, 256, 438};
  panel<exact_20>(out, 40, tops[0], "exact<20, minutes>", false);
  panel<hard_20>(out, 384, tops[0], "hard<20, minutes, burst<5>>", false);
  panel<smooth_20>(out, 40, tops[1], "smooth<20, minutes>", false);
  panel<daily_20>(out, 384, tops[1], "daily<20>", false);
  panel<fixed_window>(out, 40, tops[2], "fixed window, by hand", true);
  panel<two_buckets>(out, 384, tops[2], "two buckets, by hand", true);
  for (const double top : tops)
    for (const double left : {40.0, 384.0}) {
      for (const int calls : {0, 20, 40})
        out.text(left - 6, top + 22 + 92 - calls / 45.0 * 92 + 4, std::to_string(calls), "note", "end");
      for (const int minute : {-1, 0, 1, 2, 3, 4})
        out.text(
            left + (minute * 60 - from_s) / (to_s - from_s) * 296, top + 22 + 92 + 44,
            minute == 0 ? "midnight" : (minute > 0 ? "+" : "") + std::to_string(minute) + (minute == 2 ? " min" : ""),
            "note",
            minute == -1  ? "start"
            : minute == 4 ? "end"
                          : "middle");
    }
  out.box(40, 612, 14, 10, "mark").text(60, 622, "admitted", "note");
  out.box(140, 612, 14, 10, "over").text(160, 622, "more than the limit in a minute", "note");
  out.box(384, 612, 14, 10, "asked").text(404, 622, "refused", "note");
  return out.write(file);
}

bool draw_ladder(const std::string& file) {
  using ladder = cr::usual_ladder;
  std::printf("benchmark,case,day,points,leads_to,for_s\n");
  // Hours after the first Monday at which the account is struck once.
  const std::vector<double> strikes{48, 51, 54, 216, 222, 312, 318, 330, 384, 408, 432, 456, 480, 528, 570, 936, 2688};
  const cr::moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};
  constexpr double weeks = 20;
  constexpr double left = 46;
  constexpr double width = 546;
  constexpr double bottom = 336;
  constexpr double top = 70;
  constexpr double most = 14.5;
  const auto x = [&](double hour) { return left + hour / (weeks * 7 * 24) * width; };
  const auto y = [&](double points) { return bottom - points / most * (bottom - top); };
  const auto at = [&](double hour) { return start + std::chrono::seconds{static_cast<std::int64_t>(hour * 3600)}; };

  cr::ladder_state state{};
  std::mt19937 random{7};
  std::string curve;
  struct mark {
    double hour, points;
    std::string kind;
  };
  std::vector<mark> marks;
  struct span {
    double from, to;
    cr::standing::kind kind;
  };
  std::vector<span> spans;
  std::size_t next = 0;
  const auto points = [&](double hour) {
    return static_cast<double>(ladder::rules.points_at(state, cr::detail::to_seconds(at(hour)))) / 65536;
  };
  for (double hour = 0; hour <= weeks * 7 * 24; hour += 1) {
    while (next < strikes.size() && strikes[next] <= hour) {
      curve += (curve.empty() ? "M" : "L") + number(x(hour)) + " " + number(y(points(hour)));
      const cr::standing before = ladder::standing_of(state, at(hour));
      const std::uint32_t until = state.until;
      ladder::strike(state, 1, at(hour), static_cast<std::uint32_t>(random()));
      curve += "L" + number(x(hour)) + " " + number(y(points(hour)));
      std::string kind = "none";
      if (before.what == cr::standing::kind::banned)
        kind = "during a ban";
      else if (state.until != until)
        kind = to_string(ladder::rungs[state.rung - 1U].kind);
      const std::int64_t length =
          state.until != until ? std::int64_t{state.until} - std::int64_t{cr::detail::to_seconds(at(hour))} : 0;
      std::printf("ladder,strike %zu,%.1f,%.2f,%s,%lld\n", next + 1, hour / 24, points(hour), kind.c_str(),
                  static_cast<long long>(length));
      marks.push_back({hour, points(hour), kind});
      ++next;
    }
    const cr::standing::kind now = ladder::standing_of(state, at(hour)).what;
    if (spans.empty() || spans.back().kind != now) spans.push_back({hour, hour, now});
    spans.back().to = hour + 1;
    if (static_cast<std::int64_t>(hour) % 6 == 0)
      curve += (curve.empty() ? "M" : "L") + number(x(hour)) + " " + number(y(points(hour)));
  }

  picture out{
      430, "A ladder climbs with strikes and decays with time",
      "Points of one account over twenty weeks under the usual ladder: strikes climb to a warning at 3 points, "
      "pauses at 5 and 8 and a ban of a week at 12. Points stand still while the ban runs. A strike during "
      "probation begins a ban of two weeks. Then points halve every 30 days, and a strike in week 16 leads to a "
      "warning only."};
  out.text(20, 30, "One account on the usual ladder", "head");
  out.text(20, 50, "points over twenty weeks; each dot is a strike; on top, the days of a ban", "note");
  for (const span& one : spans)
    if (one.kind == cr::standing::kind::banned) out.box(x(one.from), top, x(one.to) - x(one.from), bottom - top, "ban");
  for (int week = 0; week <= 20; week += 2) {
    out.line(x(week * 168.0), top, x(week * 168.0), bottom, "grid");
    out.text(x(week * 168.0), bottom + 44, week == 0 ? "week 0" : std::to_string(week), "note", "middle");
  }
  for (const auto& rung : ladder::rungs) {
    const auto height = static_cast<double>(rung.points);
    out.line(left, y(height), left + width, y(height), "rung");
    const std::int64_t s = rung.duration.count();
    const std::string length = s >= 86'400  ? std::to_string(s / 86'400) + " days"
                               : s >= 3'600 ? std::to_string(s / 3'600) + " hour"
                               : s >= 60    ? std::to_string(s / 60) + " min"
                                            : std::to_string(s) + " s";
    out.text(left + width + 6, y(height) + 4, std::string{to_string(rung.kind)} + ", " + length, "note");
    out.text(left - 8, y(height) + 4, std::to_string(rung.points), "note", "end");
  }
  out.text(left - 8, y(0) + 4, "0", "note", "end");
  out.line(left, bottom, left + width, bottom, "axis");
  // What the account may do: a strip under the curve.
  for (const span& one : spans)
    out.box(x(one.from), bottom + 8, x(one.to) - x(one.from), 12,
            one.kind == cr::standing::kind::banned   ? "shut"
            : one.kind == cr::standing::kind::paused ? "pause"
            : one.kind == cr::standing::kind::warned ? "probation"
                                                     : "free");
  out.path(curve, "curve");
  for (const span& one : spans)
    if (one.kind == cr::standing::kind::banned)
      out.text(x((one.from + one.to) / 2), top + 18, number((one.to - one.from) / 24), "value", "middle");
  out.text(x(9.7 * 168), y(10.9), "struck on probation: the same rung,", "");
  out.text(x(9.7 * 168), y(10.9) + 18, "for twice as long, and some jitter", "");
  out.text(x(16.2 * 168), y(6.9), "later, the same strike", "", "middle");
  out.text(x(16.2 * 168), y(6.9) + 18, "leads to a warning", "", "middle");
  for (const mark& one : marks)
    out.dot(x(one.hour), y(one.points), 4,
            one.kind == "ban"     ? "shut"
            : one.kind == "pause" ? "pause"
            : one.kind == "warn"  ? "warn"
                                  : "none");
  double at_x = left;
  const auto legend = [&](std::string_view of, std::string_view what, double wide, bool round) {
    if (round)
      out.dot(at_x + 5, 406, 4, of);
    else
      out.box(at_x, 401, 12, 10, of);
    out.text(at_x + (round ? 14 : 17), 411, what, "note");
    at_x += wide;
  };
  legend("none", "strike", 68, true);
  legend("warn", "warning", 76, true);
  legend("pause", "pause", 66, true);
  legend("shut", "ban", 52, true);
  at_x += 16;
  legend("shut", "banned", 80, false);
  legend("probation", "probation", 92, false);
  legend("free", "free", 50, false);
  return out.write(file);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : ".";
  const bool all = draw_worst_minute(folder + "/worst_minute.svg") && draw_bursts(folder + "/bursts.svg") &&
                   draw_ladder(folder + "/ladder.svg");
  if (!all) std::fprintf(stderr, "cannot write to %s\n", folder.c_str());
  return all ? 0 : 1;
}
