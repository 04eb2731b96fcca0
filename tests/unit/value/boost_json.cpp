#include "boost_json.hpp"

#include <boost/json/src.hpp>

bool boost_json_accepts(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse({text.data(), text.size()}, error);
  return !error;
}
