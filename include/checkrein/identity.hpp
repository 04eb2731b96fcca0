#pragma once

#include <checkrein/identity/client.hpp>
#include <checkrein/identity/fact.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/identity/verified.hpp>
