// The identity key of this program, before anything in it makes a principal.
#include "store_world.hpp"

namespace store_world {

const bool identity_given = [] {
  const std::string which = setting("IDENTITY");
  return which != "none" && cr::use_identity_key(which == "other" ? "another secret of at least 32 bytes"
                                                                  : "a secret of the tests, of 32 bytes");
}();

}  // namespace store_world
