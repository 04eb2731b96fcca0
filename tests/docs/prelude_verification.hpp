#pragma once

#include <checkrein/adapters/cjose/key_set.hpp>
#include <checkrein/adapters/curl/http_get.hpp>
#include <checkrein/adapters/curl/sms_gateway.hpp>
#include <checkrein/adapters/curl/smtp_channel.hpp>
#include <checkrein/http.hpp>
#include <checkrein/verification.hpp>
#include "prelude.hpp"

#include <string>
#include <string_view>

// What a host has.
inline std::string_view bearer_token;
inline std::string_view peer_address;
inline std::string secret_from_a_file;
inline std::string flow_token;
inline std::string typed_number;
inline std::string typed_code;
inline void log(std::string_view) {}
inline int reply(std::string_view) { return 0; }
