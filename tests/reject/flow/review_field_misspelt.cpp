// expect: \[flow\.no_such_field\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct reviews : cr::place<"reviews", cr::external> {};
struct review {
  BOOST_HANA_DEFINE_STRUCT(review, (std::string, review_id), (std::string, reviewer), (std::string, words));
};

#if CHECKREIN_REJECT
#define FIELD "review_ids"
#else
#define FIELD "review_id"
#endif

struct read_reviews {
  BOOST_HANA_DEFINE_STRUCT(read_reviews, (std::string, hotel));
  using rules = cr::tool<"read_reviews", cr::about<"Reads what guests wrote">, cr::reads,
                         cr::yields<review, reviews, cr::system_writes<FIELD>>>;
};

struct desk : cr::policy<cr::toolbox<read_reviews>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
