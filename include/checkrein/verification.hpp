#pragma once

#include <checkrein/verification/claims.hpp>
#include <checkrein/verification/issuer.hpp>
#include <checkrein/verification/refreshed_keys.hpp>
#include <checkrein/verification/token_fault.hpp>
#include <checkrein/verification/token_key.hpp>
#include <checkrein/verification/token_verifier.hpp>
