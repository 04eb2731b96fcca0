#pragma once

#include <checkrein/value/bounded.hpp>
#include <checkrein/value/date.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/hmac.hpp>
#include <checkrein/value/host.hpp>
#include <checkrein/value/iban.hpp>
#include <checkrein/value/json_write.hpp>
#include <checkrein/value/leaves.hpp>
#include <checkrein/value/path.hpp>
#include <checkrein/value/read.hpp>
#include <checkrein/value/schema.hpp>
#include <checkrein/value/spelling.hpp>
#include <checkrein/value/text.hpp>
#include <checkrein/value/universal_hash.hpp>
#include <checkrein/value/write.hpp>
